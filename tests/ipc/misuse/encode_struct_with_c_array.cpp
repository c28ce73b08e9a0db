// says: cannot_be_encoded<letter
// says: make its C array a std::array
#include <bobbin/ipc/encoding.hpp>

#include <string>

struct letter {
    char salutation[8];
    std::string text;
};

void misuse(const letter& mine) {
    bobbin::ipc::encode(mine);
}
