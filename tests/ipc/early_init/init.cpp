// For what has no main of its own.
#include <bobbin/ipc/init.hpp>

namespace {

[[gnu::constructor]] void begin() {
    bobbin::ipc::init();
}

}  // namespace
