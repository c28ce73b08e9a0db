// says: map_reduce: the mapper or the reduction captures something
#include <bobbin/runtime/thread_pool.hpp>
#include <bobbin/workloads/map_reduce.hpp>

#include <functional>
#include <unordered_map>
#include <vector>

bobbin::task<std::unordered_map<int, int>> misuse(bobbin::thread_pool& pool,
                                                  const std::vector<int>& numbers, int divisor) {
    return bobbin::map_reduce<int, int>(
        pool, [divisor](int number, auto& emit) { emit(number % divisor, number); }, std::plus<>(),
        numbers);
}
