#pragma once

#include <climits>
#include <string>
#include <unistd.h>

namespace bobbin { inline namespace v0 { namespace detail {

// The file of this process's program, whatever became of its path since.
inline constexpr const char* own_program = "/proc/self/exe";

// The path that it was started from; empty if the kernel does not say.
inline std::string path_of_own_program() {
    std::string path(PATH_MAX, '\0');
    const auto size = ::readlink(own_program, path.data(), path.size());
    path.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
    return path;
}

}}}  // namespace bobbin::v0::detail
