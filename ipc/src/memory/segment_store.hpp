// Segments for large arguments and results. They are used again and again: the first touch of fresh
// memory takes ten times as long as a copy into it.
#pragma once

#include <bobbin/ipc/segment.hpp>

#include <cstddef>
#include <list>
#include <memory>
#include <mutex>

namespace bobbin { inline namespace v0 { namespace ipc::detail {

// Threads: any.
class segment_store : public std::enable_shared_from_this<segment_store> {
public:
    // Unused segments take no more bytes than that.
    static constexpr std::size_t most_unused = std::size_t{256} << 20U;

    // At least that many bytes, with whatever was in it. It comes back when the last pointer goes.
    // Throws what segment::create does.
    std::shared_ptr<const segment> take(std::size_t bytes);

private:
    using segments = std::list<segment>;  // as its elements move without an allocation
    segments take_unused(std::size_t bytes) noexcept;
    void give_back(segments& one) noexcept;

    std::mutex mutex_;
    segments unused_;  // the oldest first
    std::size_t unused_bytes_ = 0;
};

}}}  // namespace bobbin::v0::ipc::detail
