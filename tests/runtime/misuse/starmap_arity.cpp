// says: starmap: the callable does not take as many arguments as a tuple has elements
#include <bobbin/runtime/thread_pool.hpp>

#include <tuple>
#include <vector>

bobbin::task<std::vector<int>> misuse(bobbin::thread_pool& pool,
                                      std::vector<std::tuple<int, int, int>> tuples) {
    auto add = [](int a, int b) { return a + b; };
    co_return co_await pool.starmap(add, tuples);
}
