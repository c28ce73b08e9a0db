// says: blocking: the callable does not take these arguments, passed as rvalues
#include <bobbin/runtime/blocking.hpp>

void count(int& into) {
    ++into;
}

bobbin::task<void> misuse() {
    int n = 0;
    co_await bobbin::blocking(count, n);
}
