#include "segment_store.hpp"

#include <bobbin/ipc/detail/parcel.hpp>

#include <algorithm>
#include <cstring>

namespace bobbin::inline v0::ipc::detail {

void parcel::clear() noexcept {
    bytes_ = {};
    large_.reset();
    objects_.clear();
}

void parcel_writer::finish() noexcept {
    to_.bytes_ = room_.first(size());
}

std::uint64_t parcel_writer::attach(const segment& memory) {
    to_.objects_.push_back(memory);
    return memory.id();
}

std::span<std::byte> parcel_writer::grow(std::size_t wanted) {
    const std::size_t room = std::max(wanted, 2 * room_.size());
    if (wanted <= parcel::most_outside) {
        const bool lies_there = room_.data() == to_.more_.data();
        to_.more_.resize(std::min(room, parcel::most_outside));
        if (!lies_there) std::memcpy(to_.more_.data(), room_.data(), size());
        return room_ = to_.more_;
    }
    auto larger = store_.take(room);
    std::memcpy(larger->data(), room_.data(), size());
    to_.large_ = std::move(larger);
    return room_ = {to_.large_->data(), to_.large_->size()};
}

}  // namespace bobbin::inline v0::ipc::detail
