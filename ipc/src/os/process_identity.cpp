// See process_identity.hpp.
#include "os/process_identity.hpp"

#include "os/owned_descriptor.hpp"

#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <fcntl.h>
#include <string_view>
#include <system_error>
#include <unistd.h>

namespace bobbin { inline namespace v0 { namespace ipc::detail {
namespace {

// Room for the line up to its 22nd field.
using text_of_status = std::array<char, 1024>;

// Nothing if there is no such process. It allocates nothing: a process must not seem dead because
// there is no memory.
std::string_view read_status(pid_t number, text_of_status& to) {
    std::snprintf(to.data(), to.size(), "/proc/%d/stat", number);
    const owned_descriptor file(::open(to.data(), O_RDONLY | O_CLOEXEC));
    const auto size = file ? ::read(file.get(), to.data(), to.size()) : -1;
    if (size < 0 && errno != ENOENT && errno != ESRCH)
        throw std::system_error(errno, std::generic_category(), "bobbin: a process in /proc");
    return {to.data(), size < 0 ? 0 : static_cast<std::size_t>(size)};
}

}  // namespace

// /proc/N/stat: "N (name) S …", where S is the state and the 22nd field the start, in ticks. The
// name may hold anything, but nothing after it holds a parenthesis.
std::uint64_t process_identity(pid_t number) {
    text_of_status room;
    const std::string_view text = read_status(number, room);
    const auto name_end = text.rfind(')');
    if (name_end == std::string_view::npos || name_end + 2 >= text.size()) return 0;
    const char state = text[name_end + 2];
    if (state == 'Z' || state == 'X') return 0;
    constexpr int fields_before_start = 20;  // counted from the state on
    auto at = name_end + 1;
    for (int i = 0; i < fields_before_start - 1; ++i) at = text.find(' ', at + 1);
    if (at == std::string_view::npos) return 0;
    std::uint64_t start = 0;
    std::from_chars(text.data() + at + 1, text.data() + text.size(), start);
    return start << 32U | static_cast<std::uint32_t>(number);
}

}}}  // namespace bobbin::v0::ipc::detail
