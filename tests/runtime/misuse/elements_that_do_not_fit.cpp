// says: the callable does not take these arguments
#include <bobbin/runtime/thread_pool.hpp>

#include <string>
#include <vector>

bobbin::task<std::vector<int>> misuse(bobbin::thread_pool& pool, std::vector<std::string> texts) {
    auto twice = [](int number) { return 2 * number; };
    co_return co_await pool.map(twice, texts);
}
