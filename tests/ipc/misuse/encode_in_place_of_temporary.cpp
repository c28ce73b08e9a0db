// says: deleted function
#include <bobbin/ipc/encoding.hpp>

#include <string>

void misuse() {
    bobbin::ipc::encode_in_place(std::string("gone"));
}
