// See segment_store.hpp.
#include "memory/segment_store.hpp"

#include <algorithm>
#include <cassert>

namespace bobbin { inline namespace v0 { namespace ipc::detail {

namespace {

// One that is lent, with its place among the unused, so that it can always be given back.
struct lent {
    std::shared_ptr<segment_store> by;
    std::list<segment> memory;
};

}  // namespace

std::shared_ptr<const segment> segment_store::take(std::size_t bytes) {
    auto one = std::make_unique<lent>();
    one->by = shared_from_this();
    one->memory = take_unused(bytes);
    if (one->memory.empty()) one->memory.push_back(segment::create(bytes));
    const segment* const memory = &one->memory.front();
    // The lock is not held here: if there is no memory for the pointer, the segment is given back
    // at once, which takes the lock.
    const std::shared_ptr<lent> owned(one.release(), [](lent* back) {
        back->by->give_back(back->memory);
        delete back;
    });
    return {owned, memory};
}

// None if there is none that fits.
segment_store::segments segment_store::take_unused(std::size_t bytes) noexcept {
    // No segment that is far too large: it may be long until that comes back.
    const std::size_t most = std::max(4 * bytes, std::size_t{1} << 20U);
    segments found;
    const std::lock_guard lock(mutex_);
    auto best = unused_.end();
    for (auto each = unused_.begin(); each != unused_.end(); ++each)
        if (each->size() >= bytes && each->size() <= most &&
            (best == unused_.end() || each->size() < best->size()))
            best = each;
    if (best != unused_.end()) {
        unused_bytes_ -= best->size();
        found.splice(found.end(), unused_, best);
    }
    return found;
}

void segment_store::give_back(segments& one) noexcept {
    assert(one.size() == 1);
    segments gone;  // unmapped without the lock
    const std::lock_guard lock(mutex_);
    unused_bytes_ += one.front().size();
    unused_.splice(unused_.end(), one);
    while (unused_bytes_ > most_unused) {
        unused_bytes_ -= unused_.front().size();
        gone.splice(gone.end(), unused_, unused_.begin());
    }
}

}}}  // namespace bobbin::v0::ipc::detail
