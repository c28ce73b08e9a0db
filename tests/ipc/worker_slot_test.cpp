// Goal: a slot's states follow each other as worker_slot.hpp draws them, and a new worker begins
// with nothing of the one before. Method: the table of steps, and a slot without a process.
#include "pool/worker_slot.hpp"

#include <array>
#include <doctest/doctest.h>
#include <vector>

namespace {

using bobbin::ipc::detail::may_become;
using bobbin::ipc::detail::slot_state;
using bobbin::ipc::detail::worker_slot;
using enum slot_state;
using states = std::vector<slot_state>;

states next_of(slot_state from) {
    states all;
    for (const auto to : {vacant, awaits_start, dismissed, works, leaves_idle, leaves, damaged})
        if (may_become(from, to)) all.push_back(to);
    return all;
}

}  // namespace

TEST_CASE("a slot without a worker gets one only when it is its turn to have one") {
    CHECK(next_of(vacant) == states{vacant, awaits_start, dismissed, works});
    CHECK(next_of(awaits_start) == states{vacant});
    CHECK(next_of(dismissed) == states{vacant, dismissed});
}

TEST_CASE("a worker that is to leave never works again") {
    CHECK(next_of(works) == states{vacant, leaves_idle, leaves, damaged});
    CHECK(next_of(leaves) == states{vacant, leaves, damaged});
    CHECK(next_of(leaves_idle) == states{dismissed, leaves_idle, leaves, damaged});
    CHECK(next_of(damaged) == states{vacant});
}

TEST_CASE("the next worker of a slot begins with nothing of the one before") {
    worker_slot at;
    at.index = 3;
    at.failed_starts = 2;
    at.begin_anew();
    CHECK(at.state == works);
    CHECK(at.generation == 1);
    at.submitted = 5;
    at.answered = 4;
    at.is_held_up = true;
    at.pid = 17;
    at.become(vacant);
    at.begin_anew();
    CHECK(at.index == 3);
    CHECK(at.failed_starts == 2);
    CHECK(at.generation == 2);
    CHECK(at.in_ring() == 0);
    CHECK_FALSE(at.is_held_up);
    CHECK(at.pid == -1);
}
