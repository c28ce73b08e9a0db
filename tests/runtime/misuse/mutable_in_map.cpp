// says: it must be callable as const: no mutable lambda
#include <bobbin/runtime/thread_pool.hpp>

#include <vector>

auto misuse(bobbin::thread_pool& pool) {
    return pool.map([sum = 0](int x) mutable { return sum += x; }, std::vector<int>{1, 2});
}
