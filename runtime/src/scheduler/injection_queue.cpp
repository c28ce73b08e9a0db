// See injection_queue.hpp.
#include "scheduler/injection_queue.hpp"

#include <algorithm>
#include <cassert>

namespace bobbin { inline namespace v0 { namespace detail {

namespace {

// Taken at once, at most, besides the first.
constexpr std::size_t largest_batch = 32;

}  // namespace

void injection_queue::push(work_item item, priority how) {
    const std::lock_guard lock(mutex_);
    const auto at = how == priority::high ? urgent_ : items_.size();
    items_.insert(items_.begin() + static_cast<std::ptrdiff_t>(at), item);
    if (how == priority::high) ++urgent_;
    // Seq_cst, with the read in `has_items` after `parking::leave`; `try_wake`, which comes next,
    // begins with a barrier.
    size_.store(items_.size(), std::memory_order_seq_cst);
}

bool injection_queue::take_back(work_item item) noexcept {
    const std::lock_guard lock(mutex_);
    const auto place = std::find(items_.begin(), items_.end(), item);
    if (place == items_.end()) return false;
    if (place - items_.begin() < static_cast<std::ptrdiff_t>(urgent_)) --urgent_;
    items_.erase(place);
    size_.store(items_.size(), std::memory_order_seq_cst);
    return true;
}

work_item injection_queue::take_some(worker& self, std::size_t threads) noexcept {
    const std::lock_guard lock(mutex_);
    if (items_.empty()) return 0;
    const work_item first = items_.front();
    items_.pop_front();
    if (urgent_ > 0) --urgent_;
    assert(urgent_ <= items_.size());
    // Its share of the rest goes to the deque, where this thread takes it without the lock.
    // What has priority is taken one by one, so that no thread keeps it from another.
    auto batch = urgent_ > 0 ? 0 : std::min(items_.size() / threads, largest_batch);
    if (batch > 0 && !self.try_reserve(batch + 1)) batch = 0;
    for (std::size_t i = batch; i-- > 0;) self.push(items_[i]);
    self.pushed();
    items_.erase(items_.begin(), items_.begin() + static_cast<std::ptrdiff_t>(batch));
    size_.store(items_.size(), std::memory_order_seq_cst);
    return first;
}

}}}  // namespace bobbin::v0::detail
