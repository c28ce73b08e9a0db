// The bytes that a value is decoded from.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <type_traits>
#include <utility>

namespace bobbin { inline namespace v0 { namespace ipc {

// Bytes in one piece or two, the second following the first, as they lie in a ring that wraps.
// They may be shared memory that another process writes to while they are read: each byte is read
// once, into the caller's memory, and what is decided from it is decided from that copy.
class reader {
public:
    explicit reader(std::span<const std::byte> first,
                    std::span<const std::byte> second = {}) noexcept
        : first_(first), second_(second), size_(first.size() + second.size()) {}

    std::size_t bytes_left() const noexcept { return first_.size() + second_.size(); }
    std::size_t position() const noexcept { return size_ - bytes_left(); }

    // Copies the next `size` bytes. Throws protocol_error, and copies nothing, if fewer are left.
    void read(void* to, std::size_t size) {
        item_at_ = position();
        if (size > first_.size()) return read_both(to, size);
        if (size == 0) return;
        std::memcpy(to, first_.data(), size);
        first_ = first_.subspan(size);
        // From here on the compiler believes that the source may have changed, so it cannot read it
        // again instead of keeping the copy.
        asm volatile("" : : "r"(to) : "memory");
    }

    // Up to `most` of the next values as they lie there, or none if they are cut in two or not
    // aligned. To be copied at once and as a whole, like all here.
    template <class T>
    std::span<const T> read_in_place(std::size_t most) {
        static_assert(std::is_trivially_copyable_v<T>);
        if (first_.empty()) first_ = std::exchange(second_, {});
        const std::size_t count = std::min(most, first_.size() / sizeof(T));
        const auto* const at = first_.data();
        if (reinterpret_cast<std::uintptr_t>(at) % alignof(T) != 0) return {};
        item_at_ = position();
        first_ = first_.subspan(count * sizeof(T));
        return {reinterpret_cast<const T*>(at), count};
    }

    // Throws protocol_error: what was last read is wrong.
    [[noreturn]] void fail(const char* what) const;

private:
    void read_both(void* to, std::size_t size);

    std::span<const std::byte> first_;  // what is left of them
    std::span<const std::byte> second_;
    std::size_t size_;
    std::size_t item_at_ = 0;  // where the item last read begins
};

}}}  // namespace bobbin::v0::ipc
