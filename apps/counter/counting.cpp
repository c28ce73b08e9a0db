#include "counting.hpp"

#include "stopwatch.hpp"

#include <bobbin/ipc/event.hpp>
#include <bobbin/ipc/process.hpp>
#include <bobbin/ipc/sharded_counter.hpp>
#include <bobbin/ipc/shared_array.hpp>
#include <bobbin/ipc/shared_value.hpp>

#include <fmt/format.h>
#include <mutex>
#include <numeric>
#include <stdexcept>

namespace counter {
namespace {

namespace ipc = bobbin::ipc;

constexpr std::size_t places = 10;  // of the store
constexpr std::size_t counting_element = 1;

int global_count = 0;

// `count()` is called in each child once all are there.
template <class Count>
result run_children(const settings& settings, Count count) {
    const apps::stopwatch watch;
    ipc::event everybody_is_there;
    ipc::shared_array<int> store(places);
    std::vector<ipc::process> children;
    children.reserve(settings.processes);
    for (std::uint64_t i = 0; i < settings.processes; ++i) {
        children.emplace_back([&, i] {
            everybody_is_there.wait();
            count();
            // The notebook's places are by process id, so that chance decides what is in them.
            store[i % places] += static_cast<int>(i);
        });
    }
    everybody_is_there.set();
    for (ipc::process& child : children) {
        if (const ipc::exit_status status = child.join(); !status.ok()) {
            throw std::runtime_error(fmt::format("process {} failed (code {}, signal {})",
                                                 child.pid(), status.code, status.signal));
        }
    }
    return {.store = {store.begin(), store.end()}, .seconds = watch.seconds()};
}

// As in Python's `counter.value += 1`: what others do between the two is lost.
template <class Number>
void load_and_store(Number&& number) {
    number.store(number.load() + 1);
}

result count_by_global(const settings& settings) {
    result result = run_children(settings, [&] {
        for (std::uint64_t n = 0; n < settings.increments; ++n) {
            ++global_count;
        }
    });
    result.counted = global_count;
    return result;
}

result count_by_value(const settings& settings) {
    ipc::shared_value<int> value;
    result result = run_children(settings, [&] {
        for (std::uint64_t n = 0; n < settings.increments; ++n) {
            if (settings.unsafe) {
                load_and_store(value);
            } else {
                ++value;
            }
        }
    });
    result.exact = !settings.unsafe;
    result.counted = value.load();
    return result;
}

result count_by_locked_value(const settings& settings) {
    ipc::shared_value<int> value;
    result result = run_children(settings, [&] {
        for (std::uint64_t n = 0; n < settings.increments; ++n) {
            const std::lock_guard section(value.get_lock());
            load_and_store(value);  // nobody else does anything between
        }
    });
    result.counted = value.load();
    return result;
}

result count_by_array(const settings& settings) {
    ipc::shared_array<int> array(places);
    result result = run_children(settings, [&] {
        for (std::uint64_t n = 0; n < settings.increments; ++n) {
            if (settings.unsafe) {
                load_and_store(array[counting_element]);
            } else {
                ++array[counting_element];
            }
        }
    });
    result.exact = !settings.unsafe;
    result.counted = array[counting_element].load();
    return result;
}

result count_by_shards(const settings& settings) {
    const ipc::sharded_counter counter;
    result result = run_children(settings, [&] {
        auto mine = counter.local();
        for (std::uint64_t n = 0; n < settings.increments; ++n) {
            ++mine;
        }
    });
    result.counted = counter.value();
    return result;
}

result count_by(method method, const settings& settings) {
    switch (method) {
        case method::global:
            return count_by_global(settings);
        case method::value:
            return count_by_value(settings);
        case method::value_lock:
            return count_by_locked_value(settings);
        case method::array:
            return count_by_array(settings);
        case method::sharded:
            return count_by_shards(settings);
        case method::all:
            break;
    }
    throw std::logic_error("not one method");
}

}  // namespace

std::vector<result> count(const settings& settings) {
    std::vector<method> methods = {settings.method};
    if (settings.method == method::all) {
        methods = {method::global, method::value, method::value_lock, method::array,
                   method::sharded};
    }
    std::vector<result> results;
    for (const method method : methods) {
        result result = count_by(method, settings);
        result.method = method;
        result.expected = static_cast<std::int64_t>(settings.processes * settings.increments);
        results.push_back(std::move(result));
    }
    return results;
}

bool is_right(const settings& settings, const result& result) {
    const std::uint64_t numbers = settings.processes * (settings.processes - 1) / 2;
    if (std::accumulate(result.store.begin(), result.store.end(), std::uint64_t{0}) != numbers) {
        return false;
    }
    if (result.method == method::global) {
        return result.counted == 0;
    }
    return result.exact ? result.counted == result.expected : result.counted <= result.expected;
}

}  // namespace counter
