#pragma once

namespace bobbin { inline namespace v0 { namespace detail {

// Tells the core that its thread only looks at memory again and again.
inline void spin_pause() noexcept {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    asm volatile("yield");
#endif
}

}}}  // namespace bobbin::v0::detail
