// Tasks that await Asio's operations are stopped at any moment: before the operation begins, while
// its handlers run, when it has just completed. It ends once, and what was received is not lost.
#include <bobbin/runtime/sync_wait.hpp>
#include <bobbin/runtime/thread_pool.hpp>
#include <bobbin/runtime/use_task.hpp>
#include <bobbin/runtime/when_all.hpp>
#include <bobbin/runtime/when_any.hpp>

#include <boost/asio/compose.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/connect_pair.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/write.hpp>

#include <array>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <doctest/doctest.h>
#include <utility>

namespace {

using namespace std::chrono_literals;
using bobbin::sync_wait;
using bobbin::task;
using bobbin::thread_pool;
using bobbin::use_task;
namespace asio = boost::asio;
using asio::ip::tcp;
using local_socket = asio::local::stream_protocol::socket;

// In all, over the kinds of operations; `BOBBIN_ROUNDS` for more.
int rounds() {
    const char* const wished = std::getenv("BOBBIN_ROUNDS");
    return wished != nullptr ? std::atoi(wished) : 6'000;
}

// How often the task that stops the other one gives way before it does: none, a few, many.
int delay_of(int round) {
    return (round * 7919) % 13;
}

enum class ended { cancelled, with_a_result };

// `operation` runs, and is stopped after some time, if it has not ended.
template <class Operation>
task<ended> race(thread_pool& pool, Operation& operation, int round) {
    auto runs = [](Operation& of) -> task<ended> {
        try {
            co_await of();
            co_return ended::with_a_result;
        } catch (const bobbin::cancelled&) {
            co_return ended::cancelled;
        }
    };
    auto first = [](thread_pool& on, int delay) -> task<> {
        for (int i = 0; i < delay; ++i) co_await asio::post(on.get_executor(), use_task);
        throw bobbin::cancelled();  // stops the other
    };
    ended how = ended::with_a_result;
    auto notes = [](task<ended> of, ended& to) -> task<> { to = co_await std::move(of); };
    try {
        co_await bobbin::when_all(notes(runs(operation), how), first(pool, delay_of(round)));
    } catch (const bobbin::cancelled&) {
    }
    co_return how;
}

template <class Operation>
void race_often(thread_pool& pool, Operation operation, int times) {
    for (int i = 0; i < times; ++i) sync_wait(pool, race(pool, operation, i));
}

}  // namespace

TEST_CASE(
    "a timer, an acceptor, a signal set, a strand and a composed operation end once when "
    "they are stopped at any moment") {
    thread_pool pool({.threads = 3});
    const int each = rounds() / 6;
    asio::steady_timer timer(pool);
    race_often(
        pool,
        [&]() -> task<> {
            timer.expires_after(20us);
            co_await timer.async_wait(use_task);
        },
        each);
    tcp::acceptor acceptor(pool, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
    race_often(
        pool, [&]() -> task<> { static_cast<void>(co_await acceptor.async_accept(use_task)); },
        each);
    asio::signal_set signals(pool, SIGUSR2);
    race_often(
        pool, [&]() -> task<> { static_cast<void>(co_await signals.async_wait(use_task)); }, each);
    auto strand = asio::make_strand(pool.get_executor());
    race_often(
        pool, [&]() -> task<> { co_await asio::post(strand, use_task); }, each);
    tcp::resolver resolver(pool);
    race_often(
        pool,
        [&]() -> task<> {
            static_cast<void>(co_await resolver.async_resolve(
                "127.0.0.1", "80", tcp::resolver::numeric_host, use_task));
        },
        each / 10);
    // Each handler in between gives the operation another slot to be cancelled by.
    auto steps = [&](auto&& token) {
        return asio::async_compose<decltype(token), void(boost::system::error_code)>(
            [&timer_of = pool, left = 50](auto& self,
                                          boost::system::error_code error = {}) mutable {
                if (error || self.cancelled() != asio::cancellation_type::none)
                    return self.complete(asio::error::operation_aborted);
                if (left-- == 0) return self.complete({});
                asio::post(timer_of.get_executor(), std::move(self));
            },
            token, pool);
    };
    race_often(
        pool, [&]() -> task<> { co_await steps(use_task); }, each);
}

TEST_CASE("what a socket has received is not lost when its reader is stopped at any moment") {
    thread_pool pool({.threads = 3});
    local_socket from(pool);
    local_socket to(pool);
    asio::local::connect_pair(from, to);
    std::uint32_t sent = 0;
    std::uint32_t received = 0;
    int cancelled = 0;
    const int times = rounds();
    for (int i = 0; i < times; ++i) {
        std::array<char, 4> room{};
        std::array<char, 4> word{};
        auto reads = [&]() -> task<> {
            const auto size = co_await from.async_read_some(asio::buffer(room), use_task);
            for (std::size_t at = 0; at < size; ++at)
                CHECK(room[at] == static_cast<char>(received++));
        };
        auto writes = [&]() -> task<> {
            word[0] = static_cast<char>(sent++);
            co_await asio::async_write(to, asio::buffer(word, 1), use_task);
        };
        auto both = [&](int round) -> task<ended> {
            const auto [how, nothing] =
                co_await bobbin::when_all(race(pool, reads, round), writes());
            co_return how;
        };
        if (sync_wait(pool, both(i)) == ended::cancelled) ++cancelled;
    }
    to.close();
    sync_wait(pool, [&]() -> task<> {
        std::array<char, 512> room{};
        try {
            for (;;) {
                const auto size = co_await from.async_read_some(asio::buffer(room), use_task);
                for (std::size_t at = 0; at < size; ++at)
                    CHECK(room[at] == static_cast<char>(received++));
            }
        } catch (const boost::system::system_error& error) {
            CHECK(error.code() == asio::error::eof);
        }
    }());
    CHECK(received == sent);
    MESSAGE("stopped: " << cancelled << " of " << times);
}
