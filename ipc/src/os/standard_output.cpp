// See standard_output.hpp.
#include "os/standard_output.hpp"

#include "os/uninterrupted.hpp"

#include <cerrno>
#include <fcntl.h>
#include <system_error>
#include <unistd.h>

namespace bobbin { inline namespace v0 { namespace ipc::detail {
namespace {

int open_or(int standard, owned_descriptor& nothing) {
    if (::fcntl(standard, F_GETFD) >= 0) return standard;
    if (!nothing)
        nothing =
            owned_descriptor(uninterrupted([] { return ::open("/dev/null", O_RDWR | O_CLOEXEC); }));
    if (!nothing) throw std::system_error(errno, std::generic_category(), "bobbin: /dev/null");
    return nothing.get();
}

void replace(int standard, const owned_descriptor& by) {
    if (uninterrupted([&] { return ::dup2(by.get(), standard); }) < 0)
        throw std::system_error(errno, std::generic_category(), "bobbin: standard output");
}

}  // namespace

standard_output::standard_output()
    : out_(open_or(STDOUT_FILENO, nothing_)), error_(open_or(STDERR_FILENO, nothing_)) {}

void take_standard_output(const owned_descriptor& out, const owned_descriptor& error) {
    replace(STDOUT_FILENO, out);
    replace(STDERR_FILENO, error);
}

}}}  // namespace bobbin::v0::ipc::detail
