#pragma once

#include <string>
#include <system_error>

namespace bobbin { inline namespace v0 { namespace ipc::detail {

// Throws what a system call that failed means: `error` is its errno, `what` was being done.
[[noreturn]] inline void fail(int error, const std::string& what) {
    throw std::system_error(error, std::generic_category(), "bobbin: " + what);
}

}}}  // namespace bobbin::v0::ipc::detail
