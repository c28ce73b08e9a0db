// Memory for coroutine frames: per-thread caches of recycled blocks, one for each size class of 32
// bytes up to 2 KiB; larger frames come from operator new. Under AddressSanitizer all do.
#pragma once

#include <cstddef>
#include <new>

namespace bobbin::inline v0::detail {

inline constexpr std::size_t frame_class_bytes = 32;
inline constexpr std::size_t frame_classes = 64;

constexpr std::size_t frame_class_of(std::size_t size) noexcept {
    return (size + frame_class_bytes - 1) / frame_class_bytes;
}

// A block for frames of 1 to `frame_classes` times `frame_class_bytes`. May throw std::bad_alloc.
void* allocate_block(std::size_t frame_class);

// On any thread.
void release_block(void* block, std::size_t frame_class) noexcept;

// Inline, as a frame's size is a constant where it is made and ended.
inline void* allocate_frame(std::size_t size) {
    const auto frame_class = frame_class_of(size);
    return frame_class <= frame_classes ? allocate_block(frame_class) : ::operator new(size);
}

inline void release_frame(void* frame, std::size_t size) noexcept {
    const auto frame_class = frame_class_of(size);
    if (frame_class <= frame_classes)
        release_block(frame, frame_class);
    else
        ::operator delete(frame, size);
}

}  // namespace bobbin::inline v0::detail
