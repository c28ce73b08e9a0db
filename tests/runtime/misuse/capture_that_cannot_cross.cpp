// says: this callable cannot cross to another process: it captures something
#include <bobbin/runtime/pool.hpp>
#include <bobbin/runtime/sequential_pool.hpp>

bobbin::task<int> scaled(bobbin::pool auto& pool, int factor) {
    co_return co_await pool.run([factor](int number) { return number * factor; }, 2);
}

bobbin::task<int> misuse(bobbin::sequential_pool& pool) {
    return scaled(pool, 3);
}
