// says: cannot_be_encoded<std::atomic<int>
// says: send the value it holds
#include <bobbin/ipc/encoding.hpp>

#include <atomic>

void misuse(const std::atomic<int>& counter) {
    bobbin::ipc::encode(counter);
}
