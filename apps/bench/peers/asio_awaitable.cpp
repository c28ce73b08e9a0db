// Asio's own coroutine, boost::asio::awaitable, on an asio::thread_pool of one.
#include "../harness/stack_gauge.hpp"
#include "peers.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_future.hpp>

#include <optional>

namespace bench::peers {
namespace {

namespace asio = boost::asio;

asio::awaitable<std::uint64_t> one() {
    co_return 1;
}

asio::awaitable<std::uint64_t> loop(std::uint64_t count) {
    std::uint64_t sum = 0;
    for (std::uint64_t i = 0; i < count; ++i) {
        sum += co_await one();
    }
    co_return sum;
}

asio::awaitable<std::uint64_t> recursion(std::uint64_t count) {
    if (count == 0) {
        co_return 0;
    }
    co_return 1 + co_await recursion(count - 1);
}

using stack_work = asio::awaitable<std::uint64_t> (*)(std::uint64_t);

// Gauge and work run in one coroutine, so on one thread.
asio::awaitable<std::pair<std::uint64_t, std::size_t>> root(stack_work work, std::uint64_t count,
                                                            bool with_gauge) {
    std::optional<stack_gauge> gauge;
    if (with_gauge) {
        gauge.emplace();
    }
    const std::uint64_t value = co_await work(count);
    co_return std::pair(value, gauge ? gauge->used() : std::size_t{0});
}

run_result run(stack_work work, std::uint64_t count, bool with_gauge) {
    asio::thread_pool pool(1);
    std::size_t stack_bytes = 0;
    run_result result = timed([&] {
        const auto [value, bytes] =
            asio::co_spawn(pool, root(work, count, with_gauge), asio::use_future).get();
        stack_bytes = bytes;
        return value;
    });
    result.stack_bytes = stack_bytes;
    return result;
}

}  // namespace

run_result asio_awaitable_loop(std::uint64_t count, bool with_gauge) {
    return run(loop, count, with_gauge);
}

run_result asio_awaitable_recursion(std::uint64_t count, bool with_gauge) {
    return run(recursion, count, with_gauge);
}

}  // namespace bench::peers
