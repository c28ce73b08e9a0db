// An encoding that is not in one piece.
#pragma once

#include <array>
#include <cstddef>
#include <cstring>
#include <span>
#include <utility>
#include <vector>

namespace bobbin { inline namespace v0 { namespace ipc {

// The bytes of an encoding are those of `prefix()` and then those of `body()`. The body is the
// value's own memory, and good while the value is there and unchanged, or the buffer that is kept
// here.
class pieces {
public:
    static constexpr std::size_t longest_prefix = 16;

    // Of bytes that are elsewhere, and what comes before them.
    explicit pieces(std::span<const std::byte> body,
                    std::span<const std::byte> prefix = {}) noexcept
        : body_(body), prefix_size_(prefix.size()) {
        if (!prefix.empty()) std::memcpy(prefix_.data(), prefix.data(), prefix.size());
    }
    explicit pieces(std::vector<std::byte> own) noexcept : own_(std::move(own)), body_(own_) {}

    // A vector's bytes stay where they are when it is moved.
    pieces(pieces&&) noexcept = default;
    pieces& operator=(pieces&&) noexcept = default;
    pieces(const pieces&) = delete;
    pieces& operator=(const pieces&) = delete;
    ~pieces() = default;

    std::span<const std::byte> prefix() const noexcept { return {prefix_.data(), prefix_size_}; }
    std::span<const std::byte> body() const noexcept { return body_; }
    std::size_t size() const noexcept { return prefix_size_ + body_.size(); }

private:
    std::vector<std::byte> own_;
    std::span<const std::byte> body_;
    std::array<std::byte, longest_prefix> prefix_{};
    std::size_t prefix_size_ = 0;
};

}}}  // namespace bobbin::v0::ipc
