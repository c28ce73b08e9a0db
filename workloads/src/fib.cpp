// See fib.hpp.
#include <bobbin/runtime/when_all.hpp>
#include <bobbin/workloads/fib.hpp>

namespace bobbin { inline namespace v0 {

task<long> fib(int n) {
    if (n < 2) {
        co_return n;
    }
    const auto [one_before, two_before] = co_await when_all(fib(n - 1), fib(n - 2));
    co_return one_before + two_before;
}

long fib_serial(int n) {
    return n < 2 ? n : fib_serial(n - 1) + fib_serial(n - 2);
}

}}  // namespace bobbin::v0
