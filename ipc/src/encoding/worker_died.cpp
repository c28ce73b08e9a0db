// See worker_died.hpp.
#include "os/describe_end.hpp"

#include <bobbin/ipc/worker_died.hpp>

#include <string>

namespace bobbin { inline namespace v0 { namespace ipc {
namespace {

std::string describe(const std::optional<exit_status>& status) {
    return status ? detail::describe_end(status) : "died with the fork server";
}

}  // namespace

worker_died::worker_died(pid_t worker, const std::optional<exit_status>& status, std::uint64_t job,
                         unsigned attempt, const std::string& callable)
    : std::runtime_error("bobbin: worker " + std::to_string(worker) + " " + describe(status) +
                         " while it did job " + std::to_string(job) + ", attempt " +
                         std::to_string(attempt) + (callable.empty() ? "" : ": " + callable)),
      worker_(worker),
      status_(status),
      job_(job),
      attempt_(attempt),
      callable_(std::make_shared<const std::string>(callable)) {}

}}}  // namespace bobbin::v0::ipc
