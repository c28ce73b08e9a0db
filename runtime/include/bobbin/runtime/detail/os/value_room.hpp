// Where a promise keeps its result.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>

namespace bobbin { inline namespace v0 { namespace detail {

inline constexpr std::size_t usual_alignment = alignof(std::max_align_t);

// Room for a T, whose owner makes and destroys it. It is no more aligned than anything is, whatever
// T asks for: a promise lies in its frame where its own alignment says, and `handle_of` knows that
// of a promise_base only. It stays where it was made.
template <class T>
class value_room {
public:
    value_room() noexcept {}
    value_room(const value_room&) = delete;
    value_room& operator=(const value_room&) = delete;
    ~value_room() {}
    T* get() noexcept { return std::addressof(value_); }

private:
    union {
        T value_;
    };
};

template <class T>
requires(alignof(T) > usual_alignment) class value_room<T> {
public:
    value_room() noexcept {}  // NOLINT: the bytes are the owner's affair
    value_room(const value_room&) = delete;
    value_room& operator=(const value_room&) = delete;
    ~value_room() = default;
    T* get() noexcept {
        const auto from = reinterpret_cast<std::uintptr_t>(bytes_);
        const auto gap = (alignof(T) - from % alignof(T)) % alignof(T);
        return std::launder(static_cast<T*>(static_cast<void*>(bytes_ + gap)));
    }

private:
    // NOLINTNEXTLINE(modernize-avoid-c-arrays): bytes
    alignas(usual_alignment) std::byte bytes_[sizeof(T) + alignof(T) - usual_alignment];
};

}}}  // namespace bobbin::v0::detail
