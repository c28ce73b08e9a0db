// See output.hpp.
#include "output.hpp"

#include <cerrno>
#include <cstdio>
#include <system_error>

namespace apps {

void print(std::string_view text) {
    const bool is_taken = std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
    if (!is_taken || std::fflush(stdout) != 0) {
        throw std::system_error(errno, std::generic_category(), "standard output");
    }
}

}  // namespace apps
