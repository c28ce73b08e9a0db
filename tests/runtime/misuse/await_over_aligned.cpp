// says: an awaitable's result may not be over-aligned
#include <bobbin/runtime/task.hpp>

struct alignas(64) line {
    char bytes[64];
};

struct gives_line {
    bool await_ready() const noexcept { return true; }
    void await_suspend(std::coroutine_handle<>) const noexcept {}
    line await_resume() const noexcept { return {}; }
};

bobbin::task<char> misuse() {
    gives_line awaitable;
    co_return (co_await awaitable).bytes[0];
}
