// says: cannot_be_encoded<std::basic_string_view<char
// says: send a std::string
#include <bobbin/ipc/process_pool.hpp>

#include <string>
#include <string_view>
#include <vector>

std::string_view first_word(const std::string& text) {
    return std::string_view(text).substr(0, text.find(' '));
}

auto misuse(bobbin::ipc::process_pool& pool, const std::vector<std::string>& texts) {
    return pool.map(bobbin::fn<&first_word>(), texts);
}
