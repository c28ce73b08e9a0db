// says: for a function write bobbin::fn<&f>
#include <bobbin/runtime/sequential_pool.hpp>

int twice(int number) {
    return 2 * number;
}

void misuse(bobbin::sequential_pool& pool) {
    pool.submit(twice, 21).get();
}
