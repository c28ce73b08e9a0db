// says: for a function write bobbin::fn<&f>
#include <bobbin/runtime/pool.hpp>
#include <bobbin/runtime/sequential_pool.hpp>

#include <vector>

int twice(int number) {
    return 2 * number;
}

bobbin::task<std::vector<int>> doubled(bobbin::pool auto& pool, std::vector<int> numbers) {
    co_return co_await pool.map(&twice, numbers);
}

bobbin::task<std::vector<int>> misuse(bobbin::sequential_pool& pool) {
    return doubled(pool, std::vector<int>(3));
}
