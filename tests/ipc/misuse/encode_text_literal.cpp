// says: cannot_be_encoded<char
// says: send a std::array or string
#include <bobbin/ipc/encoding.hpp>

void misuse() {
    bobbin::ipc::encode("text");
}
