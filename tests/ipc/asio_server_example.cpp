// A server as an application of Asio's has it: one io_context, one thread, asio::awaitable. What
// takes long is one `co_await` of a bobbin pool away. It is asked for Fibonacci numbers, by a
// client.
#include <bobbin/ipc/init.hpp>
#include <bobbin/ipc/process_pool.hpp>
#include <bobbin/runtime/async_run.hpp>
#include <bobbin/runtime/fn.hpp>
#include <bobbin/runtime/task.hpp>
#include <bobbin/runtime/thread_pool.hpp>

#include <boost/asio.hpp>

#include <iostream>
#include <string>
#include <string_view>
#include <utility>

namespace asio = boost::asio;
using asio::use_awaitable;
using asio::ip::tcp;

// In a process: a crash would cost this question alone.
long fib(int n) {
    return n < 2 ? n : fib(n - 1) + fib(n - 2);
}

// On a thread.
bobbin::task<std::string> in_words(int n, long x) {
    co_return "fib(" + std::to_string(n) + ") = " + std::to_string(x) + "\n";
}

struct pools {
    bobbin::thread_pool threads{{.threads = 2}};
    bobbin::ipc::process_pool processes{{.workers = 2}};
};

asio::awaitable<void> serve(tcp::socket client, pools& on) {
    std::string line;
    for (;;) {
        const auto [error, size] = co_await asio::async_read_until(
            client, asio::dynamic_buffer(line), '\n', asio::as_tuple(use_awaitable));
        if (error) co_return;  // it has left
        const int n = std::stoi(line);
        line.erase(0, size);
        auto job = on.processes.submit(bobbin::fn<&fib>(), n);
        const long x = co_await bobbin::async_wait(std::move(job), use_awaitable);
        const auto answer = co_await bobbin::async_run(on.threads, in_words(n, x), use_awaitable);
        co_await asio::async_write(client, asio::buffer(answer), use_awaitable);
    }
}

asio::awaitable<void> accept(tcp::acceptor& from, pools& on) {
    for (;;) {
        auto [error, client] = co_await from.async_accept(asio::as_tuple(use_awaitable));
        if (error) co_return;  // it was closed
        co_spawn(from.get_executor(), serve(std::move(client), on), asio::detached);
    }
}

asio::awaitable<void> ask(tcp::endpoint server) {
    tcp::socket socket(co_await asio::this_coro::executor);
    co_await socket.async_connect(server, use_awaitable);
    std::string answers;
    for (const std::string_view question : {"10\n", "20\n", "30\n"})
        co_await asio::async_write(socket, asio::buffer(question), use_awaitable);
    socket.shutdown(tcp::socket::shutdown_send);
    co_await asio::async_read(socket, asio::dynamic_buffer(answers), asio::as_tuple(use_awaitable));
    std::cout << answers;
}

int main(int argc, char** argv) {
    bobbin::ipc::init(argc, argv);
    pools on;
    asio::io_context io;
    tcp::acceptor acceptor(io, {asio::ip::address_v4::loopback(), 0});
    co_spawn(io, accept(acceptor, on), asio::detached);
    co_spawn(io, ask(acceptor.local_endpoint()), [&](auto&&...) { acceptor.close(); });
    io.run();
}
