// Encoded values on their way to another process: few bytes, or a segment of many; and the memory
// of shared objects that are among them.
#pragma once

#include <bobbin/ipc/segment.hpp>
#include <bobbin/ipc/writer.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace bobbin { inline namespace v0 { namespace ipc::detail {

class segment_store;

class payload {
public:
    // More bytes than that lie in a segment.
    static constexpr std::size_t most_outside = std::size_t{1} << 13U;

    [[nodiscard]] std::span<const std::byte> bytes() const noexcept { return bytes_; }
    // What they lie in, or null. It is used again for others when this payload is gone.
    [[nodiscard]] std::shared_ptr<const segment> large() const noexcept {
        return more_ == nullptr ? nullptr : more_->large;
    }
    [[nodiscard]] std::span<const segment> objects() const noexcept {
        return more_ == nullptr ? std::span<const segment>() : more_->objects;
    }
    // Whether something has to be sent ahead of it.
    [[nodiscard]] bool has_segments() const noexcept {
        return more_ != nullptr && (more_->large != nullptr || !more_->objects.empty());
    }
    void clear() noexcept;

private:
    friend class payload_writer;
    static constexpr std::size_t few = 40;
    // What most payloads do without.
    struct more {
        std::vector<std::byte> bytes;
        std::shared_ptr<const segment> large;
        std::vector<segment> objects;
    };
    more& room();

    std::span<const std::byte> bytes_;
    std::array<std::byte, few> few_;  // NOLINT: written before it is read
    std::unique_ptr<more> more_;
};

// Fills an empty payload, which stays where it is.
class payload_writer final : public writer {
public:
    payload_writer(payload& to, segment_store& store) noexcept
        : writer(to.few_), to_(to), store_(store) {}
    void finish() noexcept;
    std::uint64_t attach(const segment& memory) override;

private:
    std::span<std::byte> grow(std::size_t size) override;

    payload& to_;
    segment_store& store_;
    std::span<std::byte> room_ = to_.few_;
};

}}}  // namespace bobbin::v0::ipc::detail
