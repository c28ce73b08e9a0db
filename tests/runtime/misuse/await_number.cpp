// says: co_await needs an awaitable
#include <bobbin/runtime/task.hpp>

bobbin::task<int> misuse() {
    co_return co_await 42;
}
