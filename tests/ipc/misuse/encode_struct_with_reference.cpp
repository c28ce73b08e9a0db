// says: cannot_be_encoded<counter
// says: hold a value, not a reference
#include <bobbin/ipc/encoding.hpp>

struct counter {
    int& count;
};

void misuse(const counter& mine) {
    bobbin::ipc::encode(mine);
}
