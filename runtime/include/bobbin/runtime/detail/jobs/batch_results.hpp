// The reader's end of a batch: results that have come, by index.
#pragma once

#include <bobbin/runtime/detail/jobs/batch_core.hpp>
#include <bobbin/runtime/outcome.hpp>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <iterator>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

namespace bobbin { inline namespace v0 { namespace detail {

// Results of jobs with consecutive indices.
template <class R>
struct finished_jobs {
    std::size_t first = 0;
    std::vector<outcome<R>> outcomes;
    std::size_t counted = 0;  // jobs that leave the window with them
};

// The reader's end.
template <class R>
class batch_results : public batch_core {
public:
    // In which order results can be read.
    enum class order : std::uint8_t { of_inputs, of_completion };

    batch_results(const batch_control::limits& limits, join_scope& root, order wanted,
                  bool kept_in_window)
        : batch_core(limits, root), order_(wanted), kept_in_window_(kept_in_window) {}

    // The next results; `none_yet` and `ended` if there are none. Throws what broke the batch, and
    // `cancelled` at the end if jobs were left out, and pool_closed in a forked child. May throw
    // std::bad_alloc.
    enum class reading : std::uint8_t { some, none_yet, ended };
    reading read(finished_jobs<R>& to) {
        this->check_not_left();
        bool start = false;
        {
            const std::lock_guard lock(mutex_);
            reader_is_due_ = false;
            control_.released(std::exchange(unread_, 0));
            if (!batch_results::readable()) {
                if (!control_.finished()) return reading::none_yet;
                throw_if_broken();
                return reading::ended;
            }
            auto next = ready_.extract(ready_.begin());
            to = std::move(next.mapped());
            next_read_ =
                order_ == order::of_inputs ? to.first + to.outcomes.size() : next_read_ + 1;
            // The reader gets the first of them now, the others before it reads again.
            if (kept_in_window_ && to.counted > 0) {
                control_.released(1);
                unread_ = to.counted - 1;
            }
            start = control_.wants_runner();
            if (start) control_.runner_started();
        }
        if (start) this->start_counted_runner();
        return reading::some;
    }

    // After the end: calls `use(outcome)` for all results, in the order of their inputs. Throws as
    // `read` does, and the error of the lowest index if one `failed`.
    template <class Use>
    void read_all(Use use) {
        if (const auto index = failed_at_.load(std::memory_order_relaxed); index != none) {
            const auto& jobs = std::prev(ready_.upper_bound(index))->second;
            std::rethrow_exception(jobs.outcomes[index - jobs.first].error());
        }
        throw_if_broken();
        for (auto& [first, jobs] : ready_)
            for (auto& each : jobs.outcomes) use(std::move(each));
    }
    std::size_t count() const noexcept { return count_; }

protected:
    // Under the lock.
    void add(finished_jobs<R>&& jobs) {
        const auto outcomes = jobs.outcomes.size();
        const auto counted = jobs.counted;
        const auto key = order_ == order::of_inputs ? jobs.first : next_key_;
        ready_.emplace(key, std::move(jobs));  // first, as it may throw
        if (order_ != order::of_inputs) ++next_key_;
        count_ += outcomes;
        if (!kept_in_window_) control_.released(counted);
    }
    bool readable() const noexcept override {
        return !ready_.empty() && ready_.begin()->first == next_read_;
    }

private:
    const order order_;
    const bool kept_in_window_;
    std::map<std::size_t, finished_jobs<R>> ready_;  // by first index, or by arrival
    std::size_t next_key_ = 0;
    std::size_t next_read_ = 0;
    std::size_t unread_ = 0;  // of the chunk that was read last, still in the window
    std::size_t count_ = 0;
};

}}}  // namespace bobbin::v0::detail
