#pragma once

#include <string>
#include <system_error>

namespace bobbin::inline v0::ipc::detail {

// Throws what a system call that failed means: `error` is its errno, `what` was being done.
[[noreturn]] inline void fail(int error, const std::string& what) {
    throw std::system_error(error, std::generic_category(), "bobbin: " + what);
}

}  // namespace bobbin::inline v0::ipc::detail
