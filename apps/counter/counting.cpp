// See counting.hpp.
#include "counting.hpp"

#include "run_on.hpp"
#include "stopwatch.hpp"

#include <numeric>
#include <stdexcept>

namespace counter {
namespace {

bobbin::tally tally_by(method method, const settings& settings) {
    const bobbin::counting work{.counters = settings.processes, .increments = settings.increments};
    const auto step =
        settings.unsafe ? bobbin::count_step::load_and_store : bobbin::count_step::atomic;
    switch (method) {
        case method::global:
            return bobbin::count_by_global(work);
        case method::value:
            return bobbin::count_by_value(work, step);
        case method::value_lock:
            return bobbin::count_by_locked_value(work);
        case method::array:
            return bobbin::count_by_array(work, step);
        case method::sharded:
            return bobbin::count_by_shards(work);
        case method::map_reduce:
            return apps::run_on(settings.pool, "counter", [&](auto& pool) {
                return bobbin::count_by_map_reduce(pool, work);
            });
        case method::all:
            break;
    }
    throw std::logic_error("not one method");
}

result count_by(method method, const settings& settings) {
    const bool by_step = method == method::value || method == method::array;
    result result{.method = method,
                  .exact = !(settings.unsafe && by_step),
                  .expected = static_cast<std::int64_t>(settings.processes * settings.increments)};
    const apps::stopwatch watch;
    result.tally = tally_by(method, settings);
    result.seconds = watch.seconds();
    return result;
}

}  // namespace

std::vector<result> count(const settings& settings) {
    std::vector<method> methods = {settings.method};
    if (settings.method == method::all) {
        // The last one has threads, beside which the others would not be to fork.
        methods = {method::global, method::value,   method::value_lock,
                   method::array,  method::sharded, method::map_reduce};
    }
    std::vector<result> results;
    for (const method method : methods) {
        results.push_back(count_by(method, settings));
    }
    return results;
}

bool is_right(const settings& settings, const result& result) {
    const auto& [counted, store] = result.tally;
    const std::uint64_t numbers = settings.processes * (settings.processes - 1) / 2;
    if (std::accumulate(store.begin(), store.end(), std::uint64_t{0}) != numbers) {
        return false;
    }
    if (result.method == method::global) {
        return counted == 0;
    }
    return result.exact ? counted == result.expected : counted <= result.expected;
}

}  // namespace counter
