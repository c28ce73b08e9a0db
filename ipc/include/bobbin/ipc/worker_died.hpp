// The end of a worker process, as the failure of the job that it did.
#pragma once

#include <bobbin/ipc/exit_status.hpp>

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <sys/types.h>

namespace bobbin::inline v0::ipc {

// The process that did the job ended before the job did. How much of it was done, nobody knows.
class worker_died : public std::runtime_error {
public:
    worker_died(pid_t worker, const std::optional<exit_status>& status, std::uint64_t job,
                unsigned attempt);

    [[nodiscard]] pid_t worker() const noexcept { return worker_; }
    // How it ended: nothing if the fork server, which alone is told, has died too.
    [[nodiscard]] const std::optional<exit_status>& status() const noexcept { return status_; }
    [[nodiscard]] std::uint64_t job() const noexcept { return job_; }
    [[nodiscard]] unsigned attempt() const noexcept { return attempt_; }  // the first is 1

private:
    pid_t worker_;
    std::optional<exit_status> status_;
    std::uint64_t job_;
    unsigned attempt_;
};

}  // namespace bobbin::inline v0::ipc
