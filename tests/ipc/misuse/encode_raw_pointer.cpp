// says: cannot_be_encoded<int
// says: send the value it points to
#include <bobbin/ipc/encoding.hpp>

void misuse(int* number) {
    bobbin::ipc::encode(number);
}
