#include "lend.hpp"

#include <cerrno>
#include <fcntl.h>
#include <fmt/format.h>
#include <system_error>

namespace tour {

bobbin::ipc::segment open_segment_of(pid_t lender, int descriptor) {
    const auto path = fmt::format("/proc/{}/fd/{}", lender, descriptor);
    const int own = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
    if (own < 0) {
        throw std::system_error(errno, std::generic_category(),
                                fmt::format("a shared object that process {} lent", lender));
    }
    return bobbin::ipc::segment::adopt(own);
}

}  // namespace tour
