// The end of a worker process, as the failure of the job that it did.
#pragma once

#include <bobbin/ipc/exit_status.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <sys/types.h>

namespace bobbin { inline namespace v0 { namespace ipc {

// The process that did the job ended before the job did. How much of it was done, nobody knows.
class worker_died : public std::runtime_error {
public:
    // `callable`: as `callable()` returns it.
    worker_died(pid_t worker, const std::optional<exit_status>& status, std::uint64_t job,
                unsigned attempt, const std::string& callable = {});

    [[nodiscard]] pid_t worker() const noexcept { return worker_; }
    // How it ended: nothing if the fork server, which alone is told, has died too, or has given up
    // the pool's workers for want of memory or descriptors.
    [[nodiscard]] const std::optional<exit_status>& status() const noexcept { return status_; }
    [[nodiscard]] std::uint64_t job() const noexcept { return job_; }
    [[nodiscard]] unsigned attempt() const noexcept { return attempt_; }  // the first is 1
    // What the job calls, as C++ writes it; empty if that is not known.
    [[nodiscard]] const std::string& callable() const noexcept { return *callable_; }

private:
    pid_t worker_;
    std::optional<exit_status> status_;
    std::uint64_t job_;
    unsigned attempt_;
    std::shared_ptr<const std::string> callable_;  // copying an exception must not throw
};

}}}  // namespace bobbin::v0::ipc
