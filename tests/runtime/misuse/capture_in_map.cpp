// says: this callable cannot cross to another process: it captures something
#include <bobbin/runtime/pool.hpp>
#include <bobbin/runtime/sequential_pool.hpp>

#include <vector>

bobbin::task<std::vector<int>> scaled(bobbin::pool auto& pool, std::vector<int> numbers,
                                      int factor) {
    co_return co_await pool.map([factor](int number) { return number * factor; }, numbers);
}

bobbin::task<std::vector<int>> misuse(bobbin::sequential_pool& pool) {
    return scaled(pool, std::vector<int>(3), 3);
}
