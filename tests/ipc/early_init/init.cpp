// Calls init() before main, for programs that have no main of their own.
#include <bobbin/ipc/init.hpp>

namespace {

[[gnu::constructor]] void begin() {
    bobbin::ipc::init();
}

}  // namespace
