// The second of two means by which no child outlives its application. The first is
// PR_SET_PDEATHSIG, by which it dies with its parent; but it loses that with its privileges, and
// its parent is the fork server.
//
// A lifeline is a pipe into which nobody writes. When its end here is closed, as it is when the
// application ends in whatever way, the kernel sends SIGKILL to the child that holds the other one.
// Nobody watches for that, and it costs nothing until then.
#pragma once

#include "os/owned_descriptor.hpp"

#include <bobbin/runtime/detail/os/process_generation.hpp>

#include <utility>

namespace bobbin { inline namespace v0 { namespace ipc::detail {

// Our end of a child's lifeline. A process that is forked of this one has none.
class lifeline {
public:
    lifeline() noexcept = default;  // none
    lifeline(lifeline&& other) noexcept : end_(std::exchange(other.end_, -1)), home_(other.home_) {}
    lifeline& operator=(lifeline&& other) noexcept {
        std::swap(end_, other.end_);
        std::swap(home_, other.home_);
        return *this;
    }
    ~lifeline() { cut(); }

    // And the end for the child. Throws std::system_error, std::bad_alloc.
    static std::pair<lifeline, owned_descriptor> make();

private:
    explicit lifeline(int end) noexcept : end_(end) {}
    void cut() const noexcept;

    int end_ = -1;
    bobbin::detail::home_process home_;
};

// In the child, from now on; it ends at once if it is too late. Closing the descriptor lets go.
void hold_lifeline(int end) noexcept;

}}}  // namespace bobbin::v0::ipc::detail
