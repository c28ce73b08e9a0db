// See stack_gauge.hpp.
#include "stack_gauge.hpp"

#include <algorithm>
#include <pthread.h>
#include <sys/resource.h>
#include <system_error>

namespace bench {
namespace {

constexpr std::uint64_t paint = 0x7061696e7470616eU;
// Left alone above: the frame of the painter itself. Below: the guard page and room for a signal.
constexpr std::size_t gap_above = 1024;
constexpr std::size_t gap_below = std::size_t{64} * 1024;

std::uint64_t* lowest_address() {
    pthread_attr_t attributes;
    if (const int error = ::pthread_getattr_np(::pthread_self(), &attributes); error != 0) {
        throw std::system_error(error, std::generic_category(), "pthread_getattr_np");
    }
    void* address = nullptr;
    std::size_t size = 0;
    ::pthread_attr_getstack(&attributes, &address, &size);
    ::pthread_attr_destroy(&attributes);
    return reinterpret_cast<std::uint64_t*>(static_cast<char*>(address) + gap_below);
}

}  // namespace

[[gnu::noinline, gnu::no_sanitize_address]] stack_gauge::stack_gauge()
    : lowest_(lowest_address()),
      top_(reinterpret_cast<std::uint64_t*>(static_cast<char*>(__builtin_frame_address(0)) -
                                            gap_above)) {
    // Downwards and volatile: the compiler must neither call memset (it would run in the paint)
    // nor conclude that nobody reads this.
    for (volatile std::uint64_t* word = top_; word > lowest_;) {
        *--word = paint;
    }
}

[[gnu::noinline, gnu::no_sanitize_address]] std::size_t stack_gauge::used() const {
    const volatile std::uint64_t* word = lowest_;
    while (word < top_ && *word == paint) {
        ++word;
    }
    return gap_above + static_cast<std::size_t>(top_ - word) * sizeof(std::uint64_t);
}

}  // namespace bench
