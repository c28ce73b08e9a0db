// says: the callable returns a task, which blocks nobody: co_await it
#include <bobbin/runtime/blocking.hpp>

bobbin::task<int> answer() {
    co_return 42;
}

bobbin::task<void> misuse() {
    co_await bobbin::blocking(answer);
}
