// Goal: a job's limit counts from when its worker began it, and a worker that begins nothing is
// found stuck. Method: a table of times; no clock.
#include "pool/job_limit.hpp"

#include <chrono>
#include <doctest/doctest.h>

namespace {

using namespace std::chrono_literals;
using bobbin::time_span;
using bobbin::ipc::detail::judge_limit;
using bobbin::ipc::detail::stuck_after;
using kind = bobbin::ipc::detail::limit_verdict::kind;

constexpr std::uint64_t no = 0;
constexpr std::uint64_t second = 1'000'000'000;

struct row {
    time_span limit;
    std::uint64_t begun_ns;
    std::uint64_t now_ns;
    time_span waited;
    kind what;
    time_span look_again;
};

}  // namespace

TEST_CASE("whether a job's time is over follows from when it was begun") {
    const row rows[] = {
        // begun: it has its whole limit, and is looked at when that is over
        {2s, 10 * second, 11 * second, 5s, kind::not_yet, 1s},
        {2s, 10 * second, 12 * second - 1, 5s, kind::not_yet, 1ns},
        {2s, 10 * second, 12 * second, 2s, kind::passed, 0s},
        {2s, 10 * second, 99 * second, 89s, kind::passed, 0s},
        {time_span::endless, 1, 99 * second, 99s, kind::not_yet, time_span::endless},
        // not begun: its time does not run, however long it waits for a worker that starts
        {2s, no, 11 * second, 5s, kind::not_yet, 2s},
        {2s, no, 99 * second, 29s, kind::not_yet, 2s},
        {1ns, no, 11 * second, 5s, kind::not_yet, 1ms},
        {time_span::endless, no, 11 * second, 5s, kind::not_yet, stuck_after},
        // nor begun after half a minute
        {2s, no, 99 * second, stuck_after, kind::stuck, 2s},
        {time_span::endless, no, 99 * second, 31s, kind::stuck, stuck_after},
        // begun in the future: its worker writes nonsense
        {2s, 12 * second, 11 * second, 1s, kind::passed, 0s},
    };
    for (const row& each : rows) {
        CAPTURE(&each - rows);
        const auto found = judge_limit(each.limit, each.begun_ns, each.now_ns, each.waited);
        CHECK(found.what == each.what);
        CHECK(found.look_again == each.look_again);
    }
}
