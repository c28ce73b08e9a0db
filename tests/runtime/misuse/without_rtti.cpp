// says: bobbin needs RTTI. Compile without -fno-rtti
#include <bobbin/runtime/sync_wait.hpp>

int misuse() {
    return bobbin::sync_wait([]() -> bobbin::task<int> { co_return 1; }());
}
