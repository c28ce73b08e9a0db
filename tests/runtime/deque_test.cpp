// The deque with real atomics: what its owner sees alone, and owner and thieves at full speed on a
// small ring. All orders of small programs are in deque_model_test.cpp.
#include "scheduler/work_deque.hpp"

#include <atomic>
#include <cstdint>
#include <doctest/doctest.h>
#include <latch>
#include <thread>
#include <vector>

namespace {

using bobbin::detail::stealable_deque;
using bobbin::detail::work_deque;
using bobbin::detail::work_item;

// What is the owner's alone does not compile at the thieves' end.
template <class Deque>
concept has_steal = requires(Deque& deque) {
    deque.steal();
};
template <class Deque>
concept has_reserve = requires(Deque& deque) {
    deque.reserve(1);
};
template <class Deque>
concept has_push = requires(Deque& deque) {
    deque.push(work_item{1});
};
template <class Deque>
concept has_push_reversed = requires(Deque& deque) {
    deque.push_reversed(1, [] { return work_item{1}; });
};
template <class Deque>
concept has_pop = requires(Deque& deque) {
    deque.pop();
};
template <class Deque>
concept has_pop_if = requires(Deque& deque) {
    deque.pop_if(1);
};
static_assert(has_steal<stealable_deque<>> && has_steal<work_deque<>>);
static_assert(has_reserve<work_deque<>> && !has_reserve<stealable_deque<>>);
static_assert(has_push<work_deque<>> && !has_push<stealable_deque<>>);
static_assert(has_push_reversed<work_deque<>> && !has_push_reversed<stealable_deque<>>);
static_assert(has_pop<work_deque<>> && !has_pop<stealable_deque<>>);
static_assert(has_pop_if<work_deque<>> && !has_pop_if<stealable_deque<>>);

void push(work_deque<>& deque, work_item item) {
    deque.reserve(1);
    deque.push(item);
}

// Which of the items 1…n came, and how often.
class tally {
public:
    explicit tally(work_item items) : times_(items + 1) {}
    void count(work_item item) { times_.at(item).fetch_add(1, std::memory_order_relaxed); }
    bool every_item_came_once() const {
        for (std::size_t item = 1; item < times_.size(); ++item)
            if (times_[item].load(std::memory_order_relaxed) != 1) return false;
        return times_[0].load(std::memory_order_relaxed) == 0;
    }

private:
    std::vector<std::atomic<unsigned>> times_;
};

constexpr unsigned thief_count = 3;

// Runs `owner(deque, tally)` against thieves, until all of 1…items are counted.
template <class Owner>
bool survives_thieves(work_item items, std::size_t capacity, Owner owner) {
    work_deque<> deque(capacity);
    tally seen(items);
    std::atomic<bool> owner_is_done{false};
    std::latch start(thief_count + 1);
    std::vector<std::thread> thieves;
    for (unsigned i = 0; i < thief_count; ++i)
        thieves.emplace_back([&] {
            start.arrive_and_wait();
            stealable_deque<>& victim = deque;
            // Nothing is pushed any more once the owner is done.
            while (!owner_is_done.load(std::memory_order_acquire) || !victim.looks_empty())
                if (const auto item = victim.steal()) seen.count(item);
        });
    start.arrive_and_wait();
    owner(deque, seen);
    owner_is_done.store(true, std::memory_order_release);
    for (auto& each : thieves) each.join();
    return seen.every_item_came_once();
}

}  // namespace

TEST_CASE("an empty deque gives nothing to anyone") {
    work_deque<> deque;
    CHECK(deque.looks_empty());
    CHECK(deque.pop() == 0);
    CHECK(deque.steal() == 0);
    CHECK_FALSE(deque.pop_if(1));
    CHECK(deque.looks_empty());
}

TEST_CASE("the owner pops the newest entry, a thief steals the oldest") {
    work_deque<> deque;
    for (work_item item = 1; item <= 4; ++item) push(deque, item);
    CHECK(deque.steal() == 1);
    CHECK(deque.pop() == 4);
    CHECK(deque.steal() == 2);
    CHECK_FALSE(deque.looks_empty());
    CHECK(deque.pop() == 3);
    CHECK(deque.looks_empty());
    CHECK(deque.pop() == 0);
    CHECK(deque.steal() == 0);
}

TEST_CASE("pushing in reverse puts the first on top and the last where thieves are") {
    work_deque<> deque;
    push(deque, 9);
    deque.reserve(3);
    deque.push_reversed(3, [next = work_item{1}]() mutable { return next++; });
    CHECK(deque.pop() == 1);
    CHECK(deque.steal() == 9);
    CHECK(deque.steal() == 3);
    CHECK(deque.pop() == 2);
    CHECK(deque.looks_empty());
}

TEST_CASE("pop_if takes the newest entry only if it is the one asked for") {
    work_deque<> deque;
    push(deque, 1);
    push(deque, 2);
    CHECK_FALSE(deque.pop_if(1));
    CHECK(deque.pop_if(2));
    CHECK_FALSE(deque.pop_if(2));
    CHECK(deque.pop_if(1));
    CHECK(deque.looks_empty());
}

TEST_CASE("pop_if is not deceived by the slot of an entry that was stolen") {
    work_deque<> deque;
    push(deque, 7);
    CHECK(deque.steal() == 7);
    CHECK_FALSE(deque.pop_if(7));
    // Nor is the deque out of step afterwards.
    CHECK(deque.looks_empty());
    push(deque, 8);
    CHECK(deque.steal() == 8);
    CHECK(deque.steal() == 0);
}

TEST_CASE("pop_if is not deceived by the slot of an entry that was popped") {
    work_deque<> deque;
    push(deque, 7);
    push(deque, 8);
    CHECK(deque.pop() == 8);
    CHECK_FALSE(deque.pop_if(8));
    CHECK(deque.pop_if(7));
}

TEST_CASE("growing keeps every entry and its place") {
    work_deque<> deque(1);
    for (work_item item = 1; item <= 1000; ++item) push(deque, item);
    for (work_item item = 1; item <= 500; ++item) REQUIRE(deque.steal() == item);
    for (work_item item = 1000; item > 500; --item) REQUIRE(deque.pop() == item);
    CHECK(deque.looks_empty());
}

TEST_CASE("growing in the middle of the ring keeps every entry and its place") {
    work_deque<> deque(4);
    for (work_item item = 1; item <= 3; ++item) push(deque, item);
    CHECK(deque.steal() == 1);
    CHECK(deque.steal() == 2);
    for (work_item item = 4; item <= 9; ++item)
        push(deque, item);  // 3 lies in the old ring's slot 2
    for (work_item item = 3; item <= 9; ++item) CHECK(deque.steal() == item);
}

TEST_CASE("room for many is made at once, also far beyond twice the capacity") {
    work_deque<> deque(2);
    deque.reserve(100);
    deque.push_reversed(100, [next = work_item{1}]() mutable { return next++; });
    for (work_item item = 1; item <= 100; ++item) REQUIRE(deque.pop() == item);
}

TEST_CASE("indices go round a small ring many times") {
    work_deque<> deque(2);
    for (work_item item = 1; item <= 10'000; ++item) {
        push(deque, item);
        // By turns, so that both ends move.
        REQUIRE((item % 2 == 0 ? deque.pop() : deque.steal()) == item);
        REQUIRE(deque.looks_empty());
    }
}

TEST_CASE("owner and thieves get every item once while the ring grows") {
    CHECK(survives_thieves(200'000, 1, [](work_deque<>& deque, tally& seen) {
        for (work_item item = 1; item <= 200'000; ++item) {
            push(deque, item);
            if (item % 3 == 0)
                if (const auto popped = deque.pop()) seen.count(popped);
        }
    }));
}

TEST_CASE("owner and thieves get every item once when there is only one at a time") {
    // The race for the last entry.
    CHECK(survives_thieves(200'000, 2, [](work_deque<>& deque, tally& seen) {
        for (work_item item = 1; item <= 200'000; ++item) {
            push(deque, item);
            if (const auto popped = deque.pop()) seen.count(popped);
        }
    }));
}

TEST_CASE("siblings are taken back or stolen, never both") {
    CHECK(survives_thieves(300'000, 8, [](work_deque<>& deque, tally& seen) {
        for (work_item item = 1; item <= 300'000; item += 3) {
            deque.reserve(3);
            deque.push_reversed(3, [next = item]() mutable { return next++; });
            // As a chain of siblings does: the first that is gone ends it.
            for (work_item sibling = item; sibling < item + 3 && deque.pop_if(sibling); ++sibling)
                seen.count(sibling);
            while (const auto left = deque.pop()) seen.count(left);
        }
    }));
}
