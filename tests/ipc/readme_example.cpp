#include <bobbin/ipc/init.hpp>
#include <bobbin/ipc/process_pool.hpp>
#include <bobbin/runtime/fn.hpp>
#include <bobbin/runtime/pool.hpp>
#include <bobbin/runtime/sync_wait.hpp>
#include <bobbin/runtime/task.hpp>

#include <iostream>
#include <ranges>
#include <vector>

// A job: a function of plain values, which can cross to another process.
bool is_prime(int n) {
    for (int i = 2; i * i <= n; ++i) {
        if (n % i == 0) return false;
    }
    return n > 1;
}
constexpr bobbin::fn<&is_prime> prime_test;

bobbin::task<int> primes_below(int end, bobbin::pool auto& pool) {
    const std::vector<bool> found = co_await pool.map(prime_test, std::views::iota(0, end));
    int primes = 0;
    for (const bool each : found) primes += each ? 1 : 0;
    co_return primes;
}

int main(int argc, char** argv) {
    bobbin::ipc::init(argc, argv);  // the first line: workers are this program, started again
    bobbin::ipc::process_pool pool({.workers = 2});  // or bobbin::thread_pool pool({.threads = 2});
    std::cout << bobbin::sync_wait(primes_below(100'000, pool)) << '\n';
}
