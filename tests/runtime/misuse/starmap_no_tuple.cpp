// says: starmap: the elements of the range are no tuples
#include <bobbin/runtime/thread_pool.hpp>

#include <vector>

bobbin::task<std::vector<int>> misuse(bobbin::thread_pool& pool, std::vector<int> numbers) {
    auto twice = [](int a) { return 2 * a; };
    co_return co_await pool.starmap(twice, numbers);
}
