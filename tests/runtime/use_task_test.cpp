// Asio's operations awaited in tasks by `use_task`: their results, where the task goes on, and what
// becomes of them when it is asked to stop.
#include "places.hpp"

#include <bobbin/runtime/scope.hpp>
#include <bobbin/runtime/sleep_for.hpp>
#include <bobbin/runtime/use_task.hpp>
#include <bobbin/runtime/when_all.hpp>
#include <bobbin/runtime/when_any.hpp>
#include <bobbin/runtime/with_timeout.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/compose.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/connect_pipe.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/channel.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/connect_pair.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/readable_pipe.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/writable_pipe.hpp>
#include <boost/asio/write.hpp>

#include <array>
#include <chrono>
#include <csignal>
#include <doctest/doctest.h>
#include <optional>
#include <string>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using bobbin::sync_wait;
using bobbin::task;
using bobbin::thread_pool;
using bobbin::use_task;
namespace asio = boost::asio;
using asio::ip::tcp;
using local_socket = asio::local::stream_protocol::socket;

// An io_context with a thread of its own.
class running_context {
public:
    running_context() : thread_([this] { context_.run(); }) {}
    running_context(const running_context&) = delete;
    running_context& operator=(const running_context&) = delete;
    ~running_context() {
        work_.reset();
        thread_.join();
    }
    asio::io_context& operator*() noexcept { return context_; }
    [[nodiscard]] std::thread::id thread() const { return thread_.get_id(); }

private:
    asio::io_context context_;
    std::optional<asio::executor_work_guard<asio::io_context::executor_type>> work_{
        context_.get_executor()};
    std::thread thread_;
};

// Completes `times` posts to `executor`, one after the other, and then with that number.
template <class Executor, class Token>
auto async_post_often(Executor executor, int times, Token&& token) {
    return asio::async_compose<Token, void(boost::system::error_code, int)>(
        [executor, times, done = 0](auto& self, boost::system::error_code error = {}) mutable {
            if (error || self.cancelled() != asio::cancellation_type::none)
                return self.complete(asio::error::operation_aborted, done);
            if (done++ == times) return self.complete({}, times);
            asio::post(executor, std::move(self));
        },
        token, executor);
}

// A signature without an error, completed by whoever runs `complete`.
class by_hand {
public:
    template <class Token>
    auto async_wait(Token&& token) {
        return asio::async_initiate<Token, void(std::string, int)>(
            [this](auto handler) {
                complete_ = [kept = std::make_shared<decltype(handler)>(std::move(handler))] {
                    std::move (*kept)("seven", 7);
                };
            },
            token);
    }
    void complete() { std::exchange(complete_, nullptr)(); }
    void forget() { complete_ = nullptr; }
    [[nodiscard]] bool is_waited_for() const { return complete_ != nullptr; }

private:
    std::function<void()> complete_;
};

TEST_CASE("an operation's result is what co_await gives, and its error is thrown") {
    thread_pool pool({.threads = 2});
    sync_wait(pool, [](thread_pool& on) -> task<> {
        local_socket a(on);
        local_socket b(on);
        asio::local::connect_pair(a, b);
        const std::string word = "bobbin";
        CHECK(co_await asio::async_write(a, asio::buffer(word), use_task) == 6);
        std::array<char, 3> some{};
        CHECK(co_await b.async_read_some(asio::buffer(some), use_task) == 3);
        CHECK(co_await asio::async_read(b, asio::buffer(some), use_task) == 3);
        CHECK(std::string(some.begin(), some.end()) == "bin");
        a.close();
        bool is_at_end = false;
        try {
            co_await b.async_read_some(asio::buffer(some), use_task);
        } catch (const boost::system::system_error& error) {
            is_at_end = error.code() == asio::error::eof;
        }
        CHECK(is_at_end);
    }(pool));
}

TEST_CASE("as_tuple gives errors as values") {
    thread_pool pool({.threads = 2});
    sync_wait(pool, [](thread_pool& on) -> task<> {
        local_socket a(on);
        local_socket b(on);
        asio::local::connect_pair(a, b);
        a.close();
        std::array<char, 3> some{};
        const auto [error, size] =
            co_await b.async_read_some(asio::buffer(some), asio::as_tuple(use_task));
        CHECK(error == asio::error::eof);
        CHECK(size == 0);
    }(pool));
}

TEST_CASE("a deferred operation can be awaited as it is") {
    thread_pool pool({.threads = 2});
    sync_wait(pool, [](thread_pool& on) -> task<> {
        asio::steady_timer timer(on, 1ms);
        co_await timer.async_wait(asio::deferred);
        auto operation = async_post_often(on.get_executor(), 3, asio::deferred);
        CHECK(co_await std::move(operation) == 3);
    }(pool));
}

TEST_CASE("use_task can be the default token of an I/O object") {
    thread_pool pool({.threads = 2});
    sync_wait(pool, [](thread_pool& on) -> task<> {
        using acceptor_type = bobbin::use_task_t::as_default_on_t<tcp::acceptor>;
        using socket_type = bobbin::use_task_t::as_default_on_t<tcp::socket>;
        acceptor_type acceptor(on, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
        auto client = [](thread_pool& on_pool, tcp::endpoint to) -> task<> {
            socket_type socket(on_pool);
            co_await socket.async_connect(to);
            co_await asio::async_write(socket, asio::buffer("x", 1));
        };
        auto server = [](acceptor_type& from) -> task<> {
            auto socket = use_task.as_default_on(co_await from.async_accept());
            char got = 0;
            CHECK(co_await socket.async_read_some(asio::buffer(&got, 1)) == 1);
            CHECK(got == 'x');
        };
        co_await bobbin::when_all(client(on, acceptor.local_endpoint()), server(acceptor));
    }(pool));
}

TEST_CASE("several values come as a tuple, and a signature may have no error") {
    by_hand operation;
    thread_pool pool({.threads = 1});
    sync_wait(pool, [](by_hand& on, thread_pool& by) -> task<> {
        auto waits = [](by_hand& for_it) -> task<> {
            const auto [text, number] = co_await for_it.async_wait(use_task);
            CHECK(text == "seven");
            CHECK(number == 7);
        };
        auto completes = [](by_hand& it, thread_pool& pool_of) -> task<> {
            while (!it.is_waited_for()) co_await asio::post(pool_of, use_task);
            it.complete();
        };
        co_await bobbin::when_all(waits(on), completes(on, by));
    }(operation, pool));
}

TEST_CASE("the task goes on on its own pool, whatever the operation's executor is") {
    running_context context;
    thread_pool pool({.threads = 2});
    sync_wait(pool, [](running_context& elsewhere, thread_pool& on) -> task<> {
        asio::steady_timer timer(*elsewhere, 0ms);
        for (int i = 0; i < 100; ++i) {
            co_await timer.async_wait(use_task);
            CHECK(on.get_executor().running_in_this_thread());
        }
        co_await asio::post(*elsewhere, use_task);
        CHECK(on.get_executor().running_in_this_thread());
        CHECK(co_await async_post_often((*elsewhere).get_executor(), 10, use_task) == 10);
        CHECK(on.get_executor().running_in_this_thread());
    }(context, pool));
}

TEST_CASE("in a task without a pool, an operation is awaited on its executor's thread") {
    running_context context;
    sync_wait([](running_context& on) -> task<> {
        co_await asio::post(*on, use_task);
        CHECK(std::this_thread::get_id() == on.thread());
    }(context));
}

TEST_CASE("an operation completes on the pool's thread without another item from outside") {
    thread_pool pool({.threads = 1});
    sync_wait(pool, [](thread_pool& on) -> task<> {
        asio::steady_timer timer(on);
        const auto before = on.stats().injected;
        for (int i = 0; i < 100; ++i) {
            timer.expires_after(0ms);
            co_await timer.async_wait(use_task);
        }
        CHECK(on.stats().injected == before);
    }(pool));
}

TEST_CASE("bind_executor says where the operation's own handlers run") {
    thread_pool pool({.threads = 2});
    sync_wait(pool, [](thread_pool& on) -> task<> {
        auto strand = asio::make_strand(on.get_executor());
        int in_strand = 0;
        auto operation = [&](auto&& token) {
            return asio::async_compose<decltype(token), void()>(
                [&strand, &in_strand, begun = false](auto& self) mutable {
                    if (std::exchange(begun, true)) {
                        in_strand += strand.running_in_this_thread() ? 1 : 0;
                        self.complete();
                    } else {
                        asio::post(std::move(self));
                    }
                },
                token);
        };
        for (int i = 0; i < 100; ++i) co_await operation(asio::bind_executor(strand, use_task));
        CHECK(in_strand == 100);
    }(pool));
}

TEST_CASE("a million operations that are ready at once take no stack") {
    thread_pool pool({.threads = 1});
    const int done = sync_wait(pool, [](thread_pool& on) -> task<int> {
        int ready = 0;
        for (; ready < 1'000'000; ++ready) co_await asio::dispatch(on.get_executor(), use_task);
        for (int i = 0; i < 100'000; ++i) co_await asio::post(on.get_executor(), use_task);
        co_return ready;
    }(pool));
    CHECK(done == 1'000'000);
}

// --- stopping ---

TEST_CASE("a task that is asked to stop ends its operation, and is cancelled") {
    thread_pool pool({.threads = 2});
    running_context context;
    const auto stops = [&](auto operation) {
        CHECK_THROWS_AS(sync_wait(pool, bobbin::with_timeout(1ms, operation())), bobbin::timed_out);
    };
    local_socket a(pool);
    local_socket b(pool);
    asio::local::connect_pair(a, b);
    std::array<char, 8> bytes{};
    asio::steady_timer timer(*context, 1h);
    tcp::acceptor acceptor(pool, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
    asio::signal_set signals(pool, SIGUSR2);
    asio::readable_pipe from(pool);
    asio::writable_pipe to(pool);
    asio::connect_pipe(from, to);
    asio::experimental::channel<void(boost::system::error_code, int)> channel(pool);
    stops([&]() -> task<> { co_await b.async_read_some(asio::buffer(bytes), use_task); });
    stops([&]() -> task<> { co_await asio::async_read(b, asio::buffer(bytes), use_task); });
    stops([&]() -> task<> { co_await timer.async_wait(use_task); });
    stops([&]() -> task<> { co_await acceptor.async_accept(use_task); });
    stops([&]() -> task<> { co_await signals.async_wait(use_task); });
    stops([&]() -> task<> { co_await from.async_read_some(asio::buffer(bytes), use_task); });
    stops([&]() -> task<> { co_await channel.async_receive(use_task); });
    stops([&]() -> task<> {
        co_await async_post_often((*context).get_executor(), 1 << 30, use_task);
    });
}

TEST_CASE("with as_tuple, a stopped operation tells what it has transferred") {
    thread_pool pool({.threads = 2});
    local_socket a(pool);
    local_socket b(pool);
    asio::local::connect_pair(a, b);
    asio::write(a, asio::buffer("abc", 3));
    std::array<char, 8> bytes{};
    std::size_t transferred = 0;
    auto reads = [&]() -> task<> {
        const auto [error, size] =
            co_await asio::async_read(b, asio::buffer(bytes), asio::as_tuple(use_task));
        CHECK(error == asio::error::operation_aborted);
        transferred = size;
        throw bobbin::cancelled();
    };
    CHECK_THROWS_AS(sync_wait(pool, bobbin::with_timeout(20ms, reads())), bobbin::timed_out);
    CHECK(transferred == 3);
}

TEST_CASE("a task that is to stop already begins no operation") {
    thread_pool pool({.threads = 1});
    bool is_begun = false;
    sync_wait(pool, [](bool& has, thread_pool& at) -> task<> {
        at.stop();
        bobbin::use_task_t token;
        auto operation = asio::async_initiate<bobbin::use_task_t, void()>(
            [&has](auto handler) {
                has = true;
                std::move(handler)();
            },
            token);
        CHECK_THROWS_AS(co_await std::move(operation), bobbin::cancelled);
    }(is_begun, pool));
    CHECK_FALSE(is_begun);
}

TEST_CASE("an operation that ends by somebody else's doing is an error, not a cancellation") {
    thread_pool pool({.threads = 2});
    sync_wait(pool, [](thread_pool& on) -> task<> {
        asio::steady_timer timer(on, 1h);
        auto waits = [](asio::steady_timer& on_timer) -> task<bool> {
            try {
                co_await on_timer.async_wait(use_task);
            } catch (const boost::system::system_error& error) {
                co_return error.code() == asio::error::operation_aborted;
            }
            co_return false;
        };
        auto cancels = [](asio::steady_timer& of) -> task<> {
            while (of.cancel() == 0) co_await asio::post(of.get_executor(), use_task);
        };
        const auto [is_aborted, nothing] = co_await bobbin::when_all(waits(timer), cancels(timer));
        CHECK(is_aborted);
    }(pool));
}

TEST_CASE("a context that ends with the operation inside ends it as aborted") {
    thread_pool pool({.threads = 1});
    auto context = std::make_optional<asio::io_context>();
    auto waits = pool.submit(
        [](asio::io_context* in) -> task<bool> {
            try {
                co_await asio::post(*in, use_task);
            } catch (const boost::system::system_error& error) {
                co_return error.code() == asio::error::operation_aborted;
            }
            co_return false;
        },
        &*context);
    pool.submit([] {}).get();  // the pool's thread has left the operation in the context
    context.reset();
    CHECK(std::move(waits).get());
}

TEST_CASE("a handler that is dropped ends the operation as aborted") {
    by_hand operation;
    thread_pool pool({.threads = 1});
    sync_wait(pool, [](by_hand& on, thread_pool& by) -> task<> {
        auto waits = [](by_hand& for_it) -> task<> {
            CHECK_THROWS_AS(co_await for_it.async_wait(use_task), boost::system::system_error);
        };
        auto forgets = [](by_hand& it, thread_pool& pool_of) -> task<> {
            while (!it.is_waited_for()) co_await asio::post(pool_of, use_task);
            it.forget();
        };
        co_await bobbin::when_all(waits(on), forgets(on, by));
    }(operation, pool));
}

}  // namespace
