// says: it captures something or is a pointer
// says: or use process::forked
#include <bobbin/ipc/process.hpp>

void misuse(int code) {
    bobbin::ipc::process child([code] { return code; });
}
