// See remote_chunk.hpp.
#include <bobbin/ipc/detail/pool/remote_chunk.hpp>

namespace bobbin { inline namespace v0 { namespace ipc::detail {

chunk_wait::chunk_wait(supervisor& by, std::size_t most, unsigned retries)
    : supervisor_(&by), retries_(retries) {
    calls_.reserve(most);
}

bool chunk_wait::suspend(bobbin::detail::work_item waiting, bobbin::detail::join_scope& scope) {
    waiting_ = {waiting, scope.pool};
    left_.store(calls_.size() + 1, std::memory_order_relaxed);
    watch_.arm(scope, *this);
    supervisor_->post(calls_);
    // If it was asked before there was anything to stop, the supervisor's lock has brought that
    // along.
    if (stopped_.load(std::memory_order_relaxed)) stop();
    // Whoever is last resumes the task; if that is this, it did not suspend.
    return left_.fetch_sub(1, std::memory_order_acq_rel) != 1;
}

void chunk_wait::one_ended() noexcept {
    // Release, with the acquire of the last: it sees all results.
    if (left_.fetch_sub(1, std::memory_order_acq_rel) == 1) waiting_.resume();
}

void chunk_wait::stop() noexcept {
    stopped_.store(true, std::memory_order_relaxed);  // before the lock that is taken now
    for (remote_call* each : calls_) supervisor_->ask_to_stop(*each);
}

}}}  // namespace bobbin::v0::ipc::detail
