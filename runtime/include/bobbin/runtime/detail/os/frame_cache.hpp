// Memory for coroutine frames: per-thread caches of recycled blocks, one for each size class of 32
// bytes up to 2 KiB; larger frames come from operator new. Under AddressSanitizer all do.
//
// Memory is as aligned as its size is: it lies at a multiple of the largest power of two that
// divides the size. So a frame may hold over-aligned arguments and variables. g++ and clang ask for
// its memory without a word of its alignment; its size says it, as `whole_frame` has it.
#pragma once

#include <cstddef>
#include <new>

namespace bobbin { inline namespace v0 { namespace detail {

inline constexpr std::size_t frame_class_bytes = 32;
inline constexpr std::size_t frame_classes = 64;

constexpr std::size_t frame_class_of(std::size_t size) noexcept {
    return (size + frame_class_bytes - 1) / frame_class_bytes;
}

constexpr std::size_t frame_alignment_of(std::size_t size) noexcept {
    return size & (~size + 1);
}

// The size of a frame, with what it lacks to a multiple of its alignment. g++ asks for a multiple.
// clang does not if something small lies behind what is over-aligned, but it has a constant for the
// alignment of the coroutine that this is inlined into.
[[gnu::always_inline]] inline std::size_t whole_frame(std::size_t size) noexcept {
#if __has_builtin(__builtin_coro_align)
    const std::size_t alignment = __builtin_coro_align();
    return (size + alignment - 1) / alignment * alignment;
#else
    return size;
#endif
}

// A block for frames of 1 to `frame_classes` times `frame_class_bytes`. May throw std::bad_alloc.
void* allocate_block(std::size_t frame_class);

// On any thread.
void release_block(void* block, std::size_t frame_class) noexcept;

// What is not cached.
inline void* allocate_uncached(std::size_t size) {
    const auto alignment = frame_alignment_of(size);
    if (alignment <= __STDCPP_DEFAULT_NEW_ALIGNMENT__) return ::operator new(size);
    return ::operator new(size, std::align_val_t(alignment));
}
inline void release_uncached(void* memory, std::size_t size) noexcept {
    const auto alignment = frame_alignment_of(size);
    if (alignment <= __STDCPP_DEFAULT_NEW_ALIGNMENT__)
        ::operator delete(memory, size);
    else
        ::operator delete(memory, size, std::align_val_t(alignment));
}

// Inline, as a frame's size is a constant where it is made and ended.
inline void* allocate_frame(std::size_t size) {
    const auto frame_class = frame_class_of(size);
    return frame_class <= frame_classes ? allocate_block(frame_class) : allocate_uncached(size);
}

inline void release_frame(void* frame, std::size_t size) noexcept {
    const auto frame_class = frame_class_of(size);
    if (frame_class <= frame_classes)
        release_block(frame, frame_class);
    else
        release_uncached(frame, size);
}

}}}  // namespace bobbin::v0::detail
