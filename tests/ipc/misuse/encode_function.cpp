// says: send a bobbin::fn<&f>
#include <bobbin/ipc/encoding.hpp>

int twice(int number) {
    return 2 * number;
}

void misuse() {
    bobbin::ipc::encode(&twice);
}
