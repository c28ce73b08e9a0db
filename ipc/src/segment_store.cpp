#include "segment_store.hpp"

#include <algorithm>

namespace bobbin::inline v0::ipc::detail {

std::shared_ptr<const segment> segment_store::take(std::size_t bytes) {
    // None that is far too large: who knows how long it stays away.
    const std::size_t most = std::max(4 * bytes, std::size_t{1} << 20U);
    const auto lend = [self = shared_from_this()](segment memory) {
        const auto* const lent = new segment(std::move(memory));
        return std::shared_ptr<const segment>(lent, [self](const segment* back) {
            self->give_back(*back);
            delete back;
        });
    };
    {
        const std::lock_guard lock(mutex_);
        auto best = unused_.end();
        for (auto each = unused_.begin(); each != unused_.end(); ++each)
            if (each->size() >= bytes && each->size() <= most &&
                (best == unused_.end() || each->size() < best->size()))
                best = each;
        if (best != unused_.end()) {
            segment found = *best;
            unused_.erase(best);
            unused_bytes_ -= found.size();
            return lend(std::move(found));
        }
    }
    return lend(segment::create(bytes));
}

void segment_store::give_back(const segment& memory) noexcept {
    try {
        std::vector<segment> gone;  // unmapped without the lock
        const std::lock_guard lock(mutex_);
        unused_.push_back(memory);
        unused_bytes_ += memory.size();
        while (unused_bytes_ > most_unused) {
            unused_bytes_ -= unused_.front().size();
            gone.push_back(std::move(unused_.front()));
            unused_.erase(unused_.begin());
        }
    } catch (const std::bad_alloc&) {
        // It is not used again.
    }
}

}  // namespace bobbin::inline v0::ipc::detail
