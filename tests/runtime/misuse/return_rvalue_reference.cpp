// says: a task may not return an rvalue reference
#include <bobbin/runtime/task.hpp>

#include <utility>

bobbin::task<int&&> misuse(int& value) {
    co_return std::move(value);
}
