// See completion_queue.hpp.
#include <bobbin/runtime/detail/jobs/completion_queue.hpp>
#include <bobbin/runtime/errors.hpp>

#include <utility>

namespace bobbin { inline namespace v0 { namespace detail {

std::shared_ptr<completion_queue> completion_queue::of(const std::vector<job_core*>& jobs) {
    auto queue = std::make_shared<completion_queue>();
    queue->order_.reserve(jobs.size());
    queue->entries_ = std::make_unique<entry[]>(jobs.size());
    queue->count_ = jobs.size();
    for (std::size_t i = 0; i < jobs.size(); ++i) {
        entry& each = queue->entries_[i];
        each.position = i;
        each.job = jobs[i];
    }
    try {
        for (std::size_t i = 0; i < jobs.size(); ++i) {
            entry& each = queue->entries_[i];
            each.owner = queue;
            if (!jobs[i]->listen(each)) each.job_ended();
        }
    } catch (...) {
        queue->forget_all();
        throw;
    }
    return queue;
}

void completion_queue::entry::job_ended() noexcept {
    const auto kept = std::move(owner);
    kept->ended(*this);
}

void completion_queue::ended(entry& which) noexcept {
    suspended_task reader;
    job_ref<job_core> job;  // let go of without the lock
    {
        const std::lock_guard lock(mutex_);
        job = std::move(which.job);
        order_.push_back(which.position);
        reader = std::exchange(reader_, {});
    }
    if (reader) reader.resume();
}

void completion_queue::forget_all() noexcept {
    if (!home_.is_this()) return;
    const auto kept = shared_from_this();
    for (std::size_t i = 0; i < count_; ++i) {
        job_ref<job_core> job;
        {
            const std::lock_guard lock(mutex_);
            job = std::move(entries_[i].job);
        }
        // One that is being told, or was, has its queue no more.
        if (job && job->forget(entries_[i])) entries_[i].owner.reset();
    }
}

bool completion_awaiter::is_due(const std::unique_lock<std::mutex>& /*held*/) const noexcept {
    return queue_->read_ < queue_->order_.size() || queue_->read_ == queue_->count_;
}

bool completion_awaiter::suspend(work_item awaiter, join_scope& scope) {
    if (!queue_->home_.is_this()) throw_left_to_parent("this stream of jobs");
    return wait_.suspend(*this, {awaiter, scope.pool}, &scope);
}

void completion_awaiter::stop() noexcept {
    if (queue_->home_.is_this()) wait_.stop(*this);
}

std::optional<std::size_t> completion_awaiter::await_resume() {
    wait_.disarm();
    const auto held = lock();
    if (!is_due(held)) throw cancelled();
    if (queue_->read_ == queue_->count_) return std::nullopt;
    return queue_->order_[queue_->read_++];
}

}}}  // namespace bobbin::v0::detail
