#include <bobbin/ipc/detail/remote_chunk.hpp>

namespace bobbin::inline v0::ipc::detail {

calls_of_chunk::calls_of_chunk(crew& by, std::size_t count, unsigned retries)
    : crew_(&by), retries_(retries), calls_(std::make_unique<chunk_call[]>(count)), count_(count) {
    for (std::size_t i = 0; i < count; ++i) calls_[i].chunk_ = this;
}

bool calls_of_chunk::suspend(bobbin::detail::work_item waiting, bobbin::detail::join_scope& scope) {
    waiting_ = {waiting, scope.pool};
    std::vector<remote_call*> sent;
    sent.reserve(count_);
    for (std::size_t i = 0; i < count_; ++i)
        if (calls_[i].not_sent == nullptr) sent.push_back(&calls_[i]);
    left_.store(sent.size() + 1, std::memory_order_relaxed);
    watch_.arm(scope, *this);
    crew_->post(sent);
    // If it was asked before there was anything to stop, the crew's lock has brought that along.
    if (stopped_.load(std::memory_order_relaxed)) stop();
    // Whoever is last resumes the task; if that is this, it did not suspend.
    return left_.fetch_sub(1, std::memory_order_acq_rel) != 1;
}

void calls_of_chunk::one_ended() noexcept {
    // Release, with the acquire of the last: it sees all results.
    if (left_.fetch_sub(1, std::memory_order_acq_rel) == 1) waiting_.resume();
}

void calls_of_chunk::stop() noexcept {
    stopped_.store(true, std::memory_order_relaxed);  // before the lock that is taken now
    for (std::size_t i = 0; i < count_; ++i) crew_->ask_to_stop(calls_[i]);
}

void chunk_call::ended() noexcept {
    calls_of_chunk& chunk = *chunk_;
    if (may_post_again(*this, chunk.retries_) && !chunk.stopped_.load(std::memory_order_relaxed)) {
        try {
            ++attempt;
            remote_call* const self = this;
            return chunk.crew_->post(std::span(&self, 1));
        } catch (...) {
            // Its error stands.
        }
    }
    chunk.one_ended();
}

}  // namespace bobbin::inline v0::ipc::detail
