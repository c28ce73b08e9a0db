// says: the callable does not take these arguments, passed as rvalues
#include <bobbin/runtime/thread_pool.hpp>

bobbin::task<void> misuse(bobbin::thread_pool& pool) {
    auto increment = [](int& number) { ++number; };
    int number = 0;
    co_await pool.run(increment, number);
}
