// says: when_any needs at least one task
#include <bobbin/runtime/when_any.hpp>

bobbin::task<void> misuse() {
    co_await bobbin::when_any();
}
