#include <bobbin/ipc/worker_died.hpp>

#include <csignal>
#include <cstring>
#include <string>

namespace bobbin::inline v0::ipc {
namespace {

std::string name_signal(int signal) {
    const char* const name = ::sigdescr_np(signal);  // strsignal() is not for several threads
    const std::string text = name != nullptr ? name : "unknown";
    // The kernel's way to get memory back. It tells nobody whom it has killed.
    return signal == SIGKILL ? text + "; possibly out of memory" : text;
}

std::string describe(const std::optional<exit_status>& status) {
    if (!status) return "ended, nobody knows how as the fork server died too,";
    if (status->signal != 0)
        return "was killed by signal " + std::to_string(status->signal) + " (" +
               name_signal(status->signal) + ")";
    if (status->code == -1) return "ended, another part of the program has taken its exit code,";
    return "exited with code " + std::to_string(status->code);
}

}  // namespace

worker_died::worker_died(pid_t worker, const std::optional<exit_status>& status, std::uint64_t job,
                         unsigned attempt)
    : std::runtime_error("bobbin: worker " + std::to_string(worker) + " " + describe(status) +
                         " while it did job " + std::to_string(job) + ", attempt " +
                         std::to_string(attempt)),
      worker_(worker),
      status_(status),
      job_(job),
      attempt_(attempt) {}

}  // namespace bobbin::inline v0::ipc
