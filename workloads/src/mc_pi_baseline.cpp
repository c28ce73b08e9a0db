// The fast kernel in plain C++, for any CPU: one lane at a time.

#include "mc_pi_fast.hpp"

namespace bobbin { inline namespace v0 { namespace detail {
namespace {

struct baseline {
    using words = std::uint64_t;
    static constexpr unsigned lanes = 1;

    static unsigned inside(words point) {
        const auto x = static_cast<std::int32_t>(point >> 32);
        const auto y = static_cast<std::int32_t>(point);
        return square(x) + square(y) < radius_squared ? 1 : 0;
    }
    static std::uint64_t square(std::int64_t coordinate) {
        return static_cast<std::uint64_t>(coordinate * coordinate);
    }
    static unsigned count(unsigned mask) { return mask & 1; }
    static words exclusive_or(words a, words b, words c) { return a ^ b ^ c; }
};

}  // namespace

std::uint64_t mc_pi_hits_baseline(std::uint64_t samples, std::uint64_t origin) {
    return fast_hits<baseline>(samples, origin);
}

}}}  // namespace bobbin::v0::detail
