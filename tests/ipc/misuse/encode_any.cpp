// says: cannot_be_encoded<std::any
// says: send a std::variant
#include <bobbin/ipc/encoding.hpp>

#include <any>

void misuse(const std::any& value) {
    bobbin::ipc::encode(value);
}
