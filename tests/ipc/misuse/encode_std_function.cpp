// says: cannot_be_encoded<std::function<void
// says: send a bobbin::fn<&f>
#include <bobbin/ipc/encoding.hpp>

#include <functional>

void misuse(const std::function<void()>& f) {
    bobbin::ipc::encode(f);
}
