// See payload.hpp.
#include "memory/segment_store.hpp"

#include <bobbin/ipc/detail/encoding/payload.hpp>

#include <algorithm>
#include <cassert>
#include <cstring>

namespace bobbin { inline namespace v0 { namespace ipc::detail {

void payload::clear() noexcept {
    bytes_ = {};
    if (more_ == nullptr) return;
    more_->large.reset();
    more_->objects.clear();
}

payload::more& payload::room() {
    if (more_ == nullptr) more_ = std::make_unique<more>();
    return *more_;
}

void payload_writer::finish() noexcept {
    assert(size() <= room_.size());
    to_.bytes_ = room_.first(size());
}

std::uint64_t payload_writer::attach(const segment& memory) {
    to_.room().objects.push_back(memory);
    return memory.id();
}

std::span<std::byte> payload_writer::grow(std::size_t wanted) {
    assert(wanted > room_.size());
    const std::size_t room = std::max(wanted, 2 * room_.size());
    auto& [bytes, large, objects] = to_.room();
    if (wanted <= payload::most_outside) {
        const bool lies_there = room_.data() == bytes.data();
        bytes.resize(std::min(room, payload::most_outside));
        if (!lies_there) std::memcpy(bytes.data(), room_.data(), size());
        return room_ = bytes;
    }
    auto larger = store_.take(room);
    std::memcpy(larger->data(), room_.data(), size());
    large = std::move(larger);
    return room_ = {large->data(), large->size()};
}

}}}  // namespace bobbin::v0::ipc::detail
