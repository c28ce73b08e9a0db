#include "process_identity.hpp"

#include <cerrno>
#include <fstream>
#include <string>
#include <system_error>

namespace bobbin::inline v0::ipc::detail {

// /proc/N/stat: "N (name) S …", where S is the state and the 22nd field the start, in ticks. The
// name may hold anything, but nothing after it holds a parenthesis.
std::uint64_t process_identity(pid_t number) {
    errno = 0;
    std::ifstream file("/proc/" + std::to_string(number) + "/stat");
    if (!file && errno != ENOENT)
        throw std::system_error(errno, std::generic_category(), "bobbin: a process in /proc");
    std::string text;
    if (!std::getline(file, text, '\0')) return 0;
    const auto name_end = text.rfind(')');
    if (name_end == std::string::npos || name_end + 2 >= text.size()) return 0;
    const char state = text[name_end + 2];
    if (state == 'Z' || state == 'X') return 0;
    constexpr int fields_before_start = 20;  // counted from the state on
    auto at = name_end + 1;
    for (int i = 0; i < fields_before_start - 1; ++i) at = text.find(' ', at + 1);
    if (at == std::string::npos) return 0;
    const std::uint64_t start = std::stoull(text.substr(at));
    return start << 32U | static_cast<std::uint32_t>(number);
}

}  // namespace bobbin::inline v0::ipc::detail
