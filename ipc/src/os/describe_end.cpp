// See describe_end.hpp.
#include "os/describe_end.hpp"

#include <csignal>
#include <cstring>

namespace bobbin { inline namespace v0 { namespace ipc::detail {
namespace {

// strsignal() is not for several threads.
std::string name_signal(int signal) {
    const char* const name = ::sigabbrev_np(signal);
    const char* const meaning = ::sigdescr_np(signal);
    std::string text = name != nullptr ? std::string("SIG") + name + ": " : "";
    text += meaning != nullptr ? meaning : "unknown";
    // The kernel's way to get memory back. It tells nobody whom it has killed.
    return signal == SIGKILL ? text + "; possibly out of memory" : text;
}

}  // namespace

std::string describe_end(const std::optional<exit_status>& status) {
    if (!status) return "ended, nobody knows how";
    if (status->signal != 0)
        return "was killed by signal " + std::to_string(status->signal) + " (" +
               name_signal(status->signal) + ")";
    if (status->code == -1) return "ended, another part of the program has taken its exit code";
    return "exited with code " + std::to_string(status->code);
}

}}}  // namespace bobbin::v0::ipc::detail
