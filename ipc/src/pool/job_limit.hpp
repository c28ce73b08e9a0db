// Whether the time of a job is over, by what its worker has written: no clock and no lock.
#pragma once

#include <bobbin/runtime/time_span.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace bobbin { inline namespace v0 { namespace ipc::detail {

// A worker that has begun nothing for so long, though it was sent a job, is stuck.
inline constexpr time_span stuck_after = std::chrono::seconds(30);

struct limit_verdict {
    enum class kind : std::uint8_t {
        passed,
        not_yet,
        stuck,  // and its worker has not begun it
    };
    kind what = kind::passed;
    time_span look_again{};  // in so long, unless it has passed
};

// `begun_ns`: when the worker began it, by the steady clock; 0: not yet. A worker can write there
// what it wants. `waited`: since it was sent.
constexpr limit_verdict judge_limit(time_span limit, std::uint64_t begun_ns, std::uint64_t now_ns,
                                    time_span waited) {
    using enum limit_verdict::kind;
    if (begun_ns > now_ns) return {};  // what can't be
    if (begun_ns != 0) {
        const time_span left = limit - std::chrono::nanoseconds(now_ns - begun_ns);
        return left > time_span::zero ? limit_verdict{not_yet, left} : limit_verdict{};
    }
    // Its worker may just be starting.
    const time_span soon = std::clamp<time_span>(limit, std::chrono::milliseconds(1), stuck_after);
    return {waited >= stuck_after ? stuck : not_yet, soon};
}

}}}  // namespace bobbin::v0::ipc::detail
