// Replaces the functions that allocate by ones of which the n-th call of the whole process, on
// whatever thread, fails once. For one source of an executable. Under a sanitizer, which has a
// malloc of its own, only what C++ and Asio allocate fails; elsewhere all that malloc gives.
#pragma once

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <new>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define BOBBIN_TEST_OTHER_MALLOC 1
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define BOBBIN_TEST_OTHER_MALLOC 1
#endif

namespace test {

class allocations {
public:
    // The next `nth` succeed, the one after that fails.
    static void fail_after(long nth) noexcept {
        failed_.store(false);
        process_ = ::getpid();
        left_.store(nth);
    }
    // Whether that was reached.
    static bool stop_failing() noexcept {
        left_.store(never);
        return failed_.load();
    }
    static bool must_fail() noexcept {
        if (left_.load(std::memory_order_relaxed) == never || process_ != ::getpid() ||
            left_.fetch_sub(1) != 0)
            return false;
        left_.store(never);
        failed_.store(true);
        return true;
    }

    // What operator new has given and operator delete not taken back.
    static long alive() noexcept { return alive_.load(); }
    static void born() noexcept { alive_.fetch_add(1, std::memory_order_relaxed); }
    static void died() noexcept { alive_.fetch_sub(1, std::memory_order_relaxed); }

private:
    static constexpr long never = -1'000'000'000;
    static inline constinit std::atomic<long> left_{never};
    static inline constinit std::atomic<bool> failed_{false};
    static inline constinit pid_t process_ = 0;  // not its forked children
    static inline constinit std::atomic<long> alive_{0};
};

}  // namespace test

#ifndef BOBBIN_TEST_OTHER_MALLOC
extern "C" void* __libc_malloc(std::size_t size);                           // NOLINT: glibc's
extern "C" void* __libc_memalign(std::size_t alignment, std::size_t size);  // NOLINT
extern "C" [[gnu::noinline]] void* malloc(std::size_t size) noexcept {      // NOLINT
    return test::allocations::must_fail() ? nullptr : __libc_malloc(size);
}
// Where frames of coroutines are from.
extern "C" [[gnu::noinline]] void* mmap(void* at, std::size_t size, int protection,  // NOLINT
                                        int flags, int file, off_t offset) noexcept {
    if ((flags & MAP_ANONYMOUS) != 0 && test::allocations::must_fail()) {
        errno = ENOMEM;
        return MAP_FAILED;
    }
    return reinterpret_cast<void*>(syscall(SYS_mmap, at, size, protection, flags, file, offset));
}
#endif

// Where Asio takes memory from.
extern "C" [[gnu::noinline]] void* aligned_alloc(std::size_t alignment,
                                                 std::size_t size) noexcept {  // NOLINT
    if (test::allocations::must_fail()) return nullptr;
#ifdef BOBBIN_TEST_OTHER_MALLOC
    void* memory = nullptr;
    return posix_memalign(&memory, std::max(alignment, sizeof(void*)), size) == 0 ? memory
                                                                                  : nullptr;
#else
    return __libc_memalign(alignment, size);
#endif
}

// Not inline: g++ would see free() end what new began.
[[gnu::noinline]] void* operator new(std::size_t size) {
#ifdef BOBBIN_TEST_OTHER_MALLOC
    if (test::allocations::must_fail()) throw std::bad_alloc();
#endif
    void* const memory = std::malloc(std::max<std::size_t>(size, 1));
    if (memory == nullptr) throw std::bad_alloc();
    test::allocations::born();
    return memory;
}
[[gnu::noinline]] void operator delete(void* memory) noexcept {
    if (memory != nullptr) test::allocations::died();
    std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept {
    if (memory != nullptr) test::allocations::died();
    std::free(memory);
}
[[gnu::noinline]] void* operator new(std::size_t size, std::align_val_t alignment) {
    void* const memory = aligned_alloc(static_cast<std::size_t>(alignment), size);
    if (memory == nullptr) throw std::bad_alloc();
    test::allocations::born();
    return memory;
}
[[gnu::noinline]] void operator delete(void* memory, std::align_val_t) noexcept {
    if (memory != nullptr) test::allocations::died();
    std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, std::size_t, std::align_val_t) noexcept {
    if (memory != nullptr) test::allocations::died();
    std::free(memory);
}
