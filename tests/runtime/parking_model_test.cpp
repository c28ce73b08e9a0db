// Parking in every order of its accesses, stores delayed as x86 delays them: no wake-up is lost.
// The deque is real; threads are the steps that pool_loop.cpp makes, without Asio: a posted loop
// is only counted.
#include "scheduler/parking.hpp"
#include "scheduler/work_deque.hpp"

#include <array>
#include <doctest/doctest.h>
#include <memory>
#include <support/interleavings.hpp>

namespace {

using bobbin::detail::work_item;
using gate_type = bobbin::detail::parking<tests::modelled_atomics>;
using tests::exploration;
using tests::explore;
using tests::modelled_program;

// How a pool tells that work was pushed.
enum class barriers {
    by_the_parking_side,  // membarrier
    by_the_pushing_side,  // where the kernel refuses that
    forgotten,
};

// When the next to ask is no longer told that somebody has.
enum class look_begins {
    before_the_barrier,
    after_the_scan,  // too late
};

// Two loops of a pool, of which the first pushes and the second runs dry.
struct model {
    model(std::uint32_t threads, barriers by)
        : gate(threads, by != barriers::by_the_pushing_side), chosen(by) {
        static_cast<void>(gate.enter());
        static_cast<void>(gate.enter());
    }

    // The first loop, in the middle of a long task.
    void push(work_item item) {
        deque.push(item);
        if (gate.wanted()) wake();
    }
    // What `inject` does when it has the lock: its store is not delayed.
    void inject() {
        injected.fetch_add(1, std::memory_order_seq_cst);
        wake();
    }
    void wake() {
        if (gate.try_wake()) ++posted;
    }

    // A loop without work, until it parks. `taken`: what it found.
    void run_dry(std::size_t loop, bool searching) {
        const bool may_search = searching || gate.begin_search();
        if (may_search && find_work(loop)) {
            if (sees_work_after(gate.end_search())) wake();
            return;  // and works on, for long
        }
        ++(sees_work_after(gate.leave(may_search)) && gate.try_wake() ? posted : parked);
    }

    // A loop that a completion began, and the handler that it may leave behind.
    void complete(look_begins when) {
        static_cast<void>(gate.enter());
        ++parked;
        if (gate.leave(false) != gate_type::duty::barrier_and_look || !gate.ask_for_look()) return;
        if (when == look_begins::before_the_barrier) gate.begin_look();
        if (sees_work_after(gate_type::duty::barrier_and_look)) wake();
        if (when == look_begins::after_the_scan) gate.begin_look();
    }

    // Nobody may sleep beside work that nobody was sent for.
    bool work_is_cared_for() { return !sees_work() || parked == 0 || posted > 0; }

    bool find_work(std::size_t loop) {
        if ((taken[loop] = deque.steal()) != 0) return true;
        return injected.load(std::memory_order_seq_cst) > 0 &&
               injected.exchange(0, std::memory_order_seq_cst) > 0;
    }
    bool sees_work() {
        return injected.load(std::memory_order_seq_cst) > 0 || !deque.looks_empty();
    }
    bool sees_work_after(gate_type::duty duty) {
        if (duty == gate_type::duty::none) return false;
        if (duty == gate_type::duty::barrier_and_look && chosen == barriers::by_the_parking_side)
            tests::modelled_heavy_barrier();
        return sees_work();
    }

    gate_type gate;
    bobbin::detail::work_deque<tests::modelled_atomics> deque{4};
    tests::modelled_atomic<int> injected{0};
    // Plain, as one thread runs at a time: nothing of the runtime depends on their order.
    int posted = 0;
    int parked = 0;
    std::array<work_item, 2> taken{};
    const barriers chosen;
};

// Runs `pusher` beside a second loop that runs dry.
template <class Pusher>
exploration explore_parking(barriers by, bool searching, Pusher pusher) {
    auto result = explore([=] {
        auto state = std::make_shared<model>(2, by);
        // A loop that was woken comes searching.
        if (searching) static_cast<void>(state->gate.begin_search());
        return modelled_program{{[=] { pusher(*state); }, [=] { state->run_dry(0, searching); }},
                                [=] { return state->work_is_cared_for(); }};
    });
    MESSAGE(result.executions << " executions");
    CAPTURE(result.first_failure);
    CHECK(result.complete);
    return result;
}

// Two completions come and go beside one loop, which pushes.
exploration explore_looks(barriers by, look_begins when) {
    auto result = explore([=] {
        auto state = std::make_shared<model>(2, by);
        static_cast<void>(state->gate.leave(false));
        const auto complete = [=] { state->complete(when); };
        return modelled_program{{[=] { state->push(1); }, complete, complete},
                                [=] { return state->work_is_cared_for(); }};
    });
    MESSAGE(result.executions << " executions");
    CAPTURE(result.first_failure);
    CHECK(result.complete);
    return result;
}

const auto push_one = [](model& m) { m.push(1); };
const auto push_two = [](model& m) {
    m.push(1);
    m.push(2);
};
const auto inject_one = [](model& m) { m.inject(); };

}  // namespace

TEST_CASE("a push and a thread that parks never miss each other") {
    for (const auto by : {barriers::by_the_parking_side, barriers::by_the_pushing_side}) {
        for (const bool searching : {false, true}) {
            CAPTURE(searching);
            CHECK(explore_parking(by, searching, push_one).failures == 0);
        }
    }
}

TEST_CASE("a searcher that finds one entry cares for those pushed meanwhile") {
    for (const auto by : {barriers::by_the_parking_side, barriers::by_the_pushing_side}) {
        for (const bool searching : {false, true}) {
            CAPTURE(searching);
            CHECK(explore_parking(by, searching, push_two).failures == 0);
        }
    }
}

TEST_CASE("a searcher that finds one entry sends a sleeper for those pushed meanwhile") {
    for (const auto by : {barriers::by_the_parking_side, barriers::by_the_pushing_side}) {
        const auto all = explore([=] {
            auto state = std::make_shared<model>(3, by);
            state->parked = 1;
            static_cast<void>(state->gate.begin_search());
            return modelled_program{{[=] { push_two(*state); }, [=] { state->run_dry(0, true); }},
                                    [=] { return state->work_is_cared_for(); }};
        });
        CHECK(all.complete);
        CHECK(all.failures == 0);
    }
}

TEST_CASE("work from outside and a thread that parks never miss each other") {
    for (const auto by : {barriers::by_the_parking_side, barriers::by_the_pushing_side}) {
        for (const bool searching : {false, true}) {
            CAPTURE(searching);
            CHECK(explore_parking(by, searching, inject_one).failures == 0);
        }
    }
}

TEST_CASE("completions that share one look and a push never miss each other") {
    for (const auto by : {barriers::by_the_parking_side, barriers::by_the_pushing_side})
        CHECK(explore_looks(by, look_begins::before_the_barrier).failures == 0);
}

TEST_CASE("completions share a look until it begins") {
    bobbin::detail::parking<> gate(2, true);
    CHECK(gate.ask_for_look());
    CHECK_FALSE(gate.ask_for_look());
    CHECK_FALSE(gate.ask_for_look());
    gate.begin_look();
    CHECK(gate.ask_for_look());
}

TEST_CASE("the explorer would see it if the barrier were forgotten, or a look began too late") {
    CHECK(explore_parking(barriers::forgotten, true, push_one).failures > 0);
    CHECK(explore_looks(barriers::forgotten, look_begins::before_the_barrier).failures > 0);
    CHECK(explore_looks(barriers::by_the_parking_side, look_begins::after_the_scan).failures > 0);
}

TEST_CASE("one of two loops that run dry together cares for a push") {
    const auto all = explore([] {
        auto state = std::make_shared<model>(3, barriers::by_the_parking_side);
        static_cast<void>(state->gate.enter());
        static_cast<void>(state->gate.begin_search());
        return modelled_program{{[=] { state->push(1); }, [=] { state->run_dry(0, false); },
                                 [=] { state->run_dry(1, true); }},
                                [=] { return state->work_is_cared_for(); }};
    });
    MESSAGE(all.executions << " executions");
    CHECK(all.complete);
    CHECK(all.failures == 0);
}

TEST_CASE("of two loops that run dry together, one searches") {
    const auto all = explore([] {
        auto state = std::make_shared<model>(2, barriers::by_the_parking_side);
        const auto search = [=] { state->parked += state->gate.begin_search() ? 0 : 1; };
        return modelled_program{{search, search}, [=] { return state->parked == 1; }};
    });
    CHECK(all.complete);
    CHECK(all.failures == 0);
}

TEST_CASE("two pushes wake one searcher, though several threads sleep") {
    const auto all = explore([] {
        auto state = std::make_shared<model>(4, barriers::by_the_parking_side);
        return modelled_program{{[=] { state->push(1); }, [=] { state->inject(); }},
                                [=] { return state->posted == 1; }};
    });
    CHECK(all.complete);
    CHECK(all.failures == 0);
}

TEST_CASE("a loop that comes with work in hand learns whether there were enough") {
    bobbin::detail::parking<> gate(2, true);
    CHECK_FALSE(gate.enter());
    CHECK_FALSE(gate.enter());
    CHECK(gate.enter());
    static_cast<void>(gate.leave(false));
    static_cast<void>(gate.leave(false));
    CHECK_FALSE(gate.enter());
}

TEST_CASE("two pushes wake no more threads than there are") {
    const auto all = explore([] {
        // One of two threads works; both pushers find the other asleep.
        auto state = std::make_shared<model>(2, barriers::by_the_parking_side);
        static_cast<void>(state->gate.leave(false));
        return modelled_program{{[=] { state->push(1); }, [=] { state->inject(); }},
                                [=] { return state->posted == 1; }};
    });
    CHECK(all.complete);
    CHECK(all.failures == 0);
}
