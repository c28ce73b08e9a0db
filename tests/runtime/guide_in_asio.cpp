// A chat of two ends of a socket, in bobbin's tasks on Asio's sockets and timers.
#include <bobbin/runtime/errors.hpp>
#include <bobbin/runtime/sync_wait.hpp>
#include <bobbin/runtime/task.hpp>
#include <bobbin/runtime/thread_pool.hpp>
#include <bobbin/runtime/use_task.hpp>
#include <bobbin/runtime/when_all.hpp>
#include <bobbin/runtime/with_timeout.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>

#include <chrono>
#include <iostream>
#include <string>

namespace asio = boost::asio;
using namespace std::chrono_literals;
using bobbin::use_task;

// An acceptor and a socket of Asio's, that need no token.
using acceptor_type = bobbin::use_task_t::as_default_on_t<asio::ip::tcp::acceptor>;
using socket_type = bobbin::use_task_t::as_default_on_t<asio::ip::tcp::socket>;

bobbin::task<std::string> next_line(socket_type& from, std::string& unread) {
    const auto size = co_await asio::async_read_until(from, asio::dynamic_buffer(unread), '\n');
    std::string line = unread.substr(0, size - 1);
    unread.erase(0, size);
    co_return line;
}

bobbin::task<void> serve(acceptor_type& acceptor) {
    socket_type client = use_task.as_default_on(co_await acceptor.async_accept());
    std::string unread;
    const std::string question = co_await next_line(client, unread);
    std::cout << "asked: " << question << '\n';
    co_await asio::async_write(client, asio::buffer("fine\n", 5));
    // The client has nothing more to say. A timeout stops the task, and with it what it awaits.
    try {
        co_await bobbin::with_timeout(10ms, next_line(client, unread));
    } catch (const bobbin::timed_out&) {
        std::cout << "silence\n";
    }
    // As a value, an error is nothing to catch.
    client.shutdown(socket_type::shutdown_both);
    char end = 0;
    const auto [error, size] =
        co_await client.async_read_some(asio::buffer(&end, 1), asio::as_tuple(use_task));
    std::cout << error.message() << '\n';
}

bobbin::task<void> ask(bobbin::thread_pool& pool, asio::ip::tcp::endpoint server) {
    socket_type socket(pool);
    co_await socket.async_connect(server);
    co_await asio::async_write(socket, asio::buffer("how are you?\n", 13));
    std::string unread;
    const std::string answer = co_await next_line(socket, unread);
    std::cout << "answered: " << answer << '\n';
    char end = 0;
    co_await socket.async_read_some(asio::buffer(&end, 1), asio::as_tuple(use_task));
}

bobbin::task<void> program(bobbin::thread_pool& pool) {
    acceptor_type acceptor(pool, {asio::ip::address_v4::loopback(), 0});
    co_await bobbin::when_all(serve(acceptor), ask(pool, acceptor.local_endpoint()));
}

int main() {
    bobbin::thread_pool pool({.threads = 1});
    bobbin::sync_wait(pool, program(pool));
}
