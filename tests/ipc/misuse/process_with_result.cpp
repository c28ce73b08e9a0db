// says: returns its exit code, an int, or nothing
// says: Results come from a process_pool
#include <bobbin/ipc/process.hpp>

void misuse() {
    bobbin::ipc::process child([](double x) { return 2 * x; }, 21.0);
}
