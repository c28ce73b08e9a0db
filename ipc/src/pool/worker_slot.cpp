// See worker_slot.hpp.
#include "pool/worker_slot.hpp"

#include <cassert>
#include <csignal>
#include <sys/syscall.h>
#include <unistd.h>
#include <utility>

namespace bobbin { inline namespace v0 { namespace ipc::detail {

void worker_slot::begin_anew() {
    assert(may_become(state, slot_state::works));
    worker_slot next;
    next.index = index;
    next.generation = generation + 1;
    next.failed_starts = failed_starts;
    next.state = slot_state::works;
    *this = std::move(next);
}

bool worker_slot::retract(std::uint64_t number) noexcept {
    if (!ring.retract(number)) return false;
    job(number).call = nullptr;
    job(number).is_retracted = true;
    ++retracted;
    return true;
}

// Jobs are begun in order.
std::uint64_t worker_slot::first_unbegun() noexcept {
    auto number = submitted;
    while (number > answered && !has_begun(number - 1)) --number;
    return number;
}

bool worker_slot::publish() noexcept {
    if (published == submitted) return false;
    published = submitted;
    return ring.publish(submitted);
}

void worker_slot::send_signal(int signal) noexcept {
    const bool is_sent =
        pidfd && ::syscall(SYS_pidfd_send_signal, pidfd.get(), signal, nullptr, 0) == 0;
    // It has not started, or has ended, or is another user's by now.
    if (!is_sent && signal == SIGKILL) holds = lifeline();
}

}}}  // namespace bobbin::v0::ipc::detail
