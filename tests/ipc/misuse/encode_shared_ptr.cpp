// says: cannot_be_encoded<std::shared_ptr<int>
// says: send the value it points to
#include <bobbin/ipc/encoding.hpp>

#include <memory>

void misuse(const std::shared_ptr<int>& number) {
    bobbin::ipc::encode(number);
}
