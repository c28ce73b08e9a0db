// says: the callable does not take these arguments
#include <bobbin/runtime/thread_pool.hpp>

#include <string>
#include <vector>

void misuse(bobbin::thread_pool& pool, std::vector<std::string>& texts) {
    auto twice = [](int number) { return 2 * number; };
    auto results = pool.map_unordered(twice, texts);
}
