// says: a task's result may not be over-aligned
#include <bobbin/runtime/task.hpp>

struct alignas(64) line {
    char bytes[64];
};

bobbin::task<line> misuse() {
    co_return line();
}
