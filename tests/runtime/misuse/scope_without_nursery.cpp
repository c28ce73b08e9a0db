// says: scope: the body must be callable with a nursery& and return a task
#include <bobbin/runtime/scope.hpp>

bobbin::task<void> misuse() {
    co_await bobbin::scope([] { return 1; });
}
