// says: the callable does not take these arguments
#include <bobbin/runtime/thread_pool.hpp>

#include <string>

void misuse(bobbin::thread_pool& pool) {
    auto twice = [](int number) { return 2 * number; };
    pool.submit(twice, std::string("21")).get();
}
