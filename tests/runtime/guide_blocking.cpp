// Reads files and looks up a name, while the pool's only thread keeps time.
#include <bobbin/runtime/blocking.hpp>
#include <bobbin/runtime/errors.hpp>
#include <bobbin/runtime/sleep_for.hpp>
#include <bobbin/runtime/sync_wait.hpp>
#include <bobbin/runtime/task.hpp>
#include <bobbin/runtime/thread_pool.hpp>
#include <bobbin/runtime/when_all.hpp>
#include <bobbin/runtime/with_timeout.hpp>

#include <chrono>
#include <fstream>
#include <iostream>
#include <iterator>
#include <netdb.h>
#include <stdexcept>
#include <string>
#include <thread>

using namespace std::chrono_literals;

// Ordinary functions, which block the thread that calls them.
std::string read_file(const std::string& path) {
    std::ifstream file(path);
    if (!file) throw std::runtime_error("can't read " + path);
    return {std::istreambuf_iterator<char>(file), {}};
}
bool has_address(const std::string& host) {
    addrinfo* found = nullptr;
    const bool is_known = ::getaddrinfo(host.c_str(), nullptr, nullptr, &found) == 0;
    if (is_known) ::freeaddrinfo(found);
    return is_known;
}

bobbin::task<void> two_slow_calls() {
    const auto slow = [] { std::this_thread::sleep_for(50ms); };
    co_await bobbin::when_all(bobbin::blocking(slow), bobbin::blocking(slow));
}

bobbin::task<void> program() {
    // As a call, with arguments; an exception comes back as well as a result.
    const std::string version = co_await bobbin::blocking(read_file, std::string("/proc/version"));
    std::cout << version.substr(0, version.find(' ')) << '\n';
    try {
        co_await bobbin::blocking(read_file, std::string("/no/such/file"));
    } catch (const std::runtime_error& error) {
        std::cout << error.what() << '\n';
    }

    // It is a task like any other: side by side with others, in a scope, with a timeout.
    auto [is_known, nothing] = co_await bobbin::when_all(
        bobbin::blocking(has_address, std::string("127.0.0.1")), bobbin::sleep_for(1ms));
    std::cout << (is_known ? "known" : "unknown") << '\n';

    // A call that has begun is waited for, and so its result stands; but one in line is given up.
    try {
        co_await bobbin::with_timeout(10ms, two_slow_calls());
    } catch (const bobbin::timed_out&) {
        std::cout << "the second call was not made\n";
    }
}

int main() {
    bobbin::set_blocking_options({.max_threads = 1, .keep_alive = 5s});  // 64 and 10 s, if unsaid
    bobbin::thread_pool pool({.threads = 1});
    bobbin::sync_wait(pool, program());
}
