// says: cannot_be_encoded<std::basic_string_view<char
// says: send a std::string
#include <bobbin/ipc/encoding.hpp>

#include <string_view>

void misuse(std::string_view text) {
    bobbin::ipc::encode(text);
}
