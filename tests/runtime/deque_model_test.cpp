// The deque in every order of its accesses, stores delayed as x86 delays them. The programs are
// small: one to three entries, so that every pop and steal meets the others at the last one.
#include "scheduler/work_deque.hpp"

#include <algorithm>
#include <doctest/doctest.h>
#include <memory>
#include <support/interleavings.hpp>
#include <vector>

namespace {

using bobbin::detail::work_item;
using tests::exploration;
using tests::explore;
using tests::modelled_program;

template <class Atomics>
struct contest {
    explicit contest(std::size_t capacity) : deque(capacity) {}

    // What a thread got; each has its own.
    void pop() { keep(owners, deque.pop()); }
    void pop_if(work_item item) {
        if (deque.pop_if(item)) owners.push_back(item);
    }
    void steal(std::size_t thief) { keep(thieves[thief], deque.steal()); }
    void push(work_item item) {
        deque.reserve(1);
        deque.push(item);
    }

    // The owner finds what is left.
    bool every_item_came_once(std::vector<work_item> pushed) {
        while (const auto item = deque.pop()) owners.push_back(item);
        for (const auto& each : thieves) owners.insert(owners.end(), each.begin(), each.end());
        std::ranges::sort(owners);
        return owners == pushed && deque.looks_empty();
    }

    bobbin::detail::work_deque<Atomics> deque;
    std::vector<work_item> owners;
    std::vector<work_item> thieves[2];

private:
    static void keep(std::vector<work_item>& where, work_item item) {
        if (item != 0) where.push_back(item);
    }
};

// An owner's program against thieves that steal so often each, in all orders.
template <class Atomics = tests::modelled_atomics, class Owner>
exploration explore_contest(Owner owner, std::vector<int> steals, std::vector<work_item> pushed,
                            std::size_t capacity = 4) {
    auto result = explore([&] {
        auto state = std::make_shared<contest<Atomics>>(capacity);
        modelled_program program{{[=] { owner(*state); }},
                                 [=] { return state->every_item_came_once(pushed); }};
        for (std::size_t thief = 0; thief < steals.size(); ++thief)
            program.threads.push_back([=] {
                for (int i = 0; i < steals[thief]; ++i) state->steal(thief);
            });
        return program;
    });
    MESSAGE(result.executions << " executions");
    CAPTURE(result.first_failure);
    CHECK(result.complete);
    return result;
}

// A deque whose `pop` announces itself by a plain store, as if the barrier were forgotten.
template <class T>
struct without_barrier : tests::modelled_atomic<T> {
    using tests::modelled_atomic<T>::modelled_atomic;
    T exchange(T value, std::memory_order) {
        const T before = this->load(std::memory_order_relaxed);
        this->store(value, std::memory_order_relaxed);
        return before;
    }
};
struct atomics_without_barrier {
    template <class T>
    using atomic = without_barrier<T>;
};

const auto push_two_pop_two = [](auto& contest) {
    contest.push(1);
    contest.push(2);
    contest.pop();
    contest.pop();
};

}  // namespace

TEST_CASE("two pops and two steals share two entries, whatever their order") {
    CHECK(explore_contest(push_two_pop_two, {2}, {1, 2}).failures == 0);
}

TEST_CASE("the explorer would see it if pop forgot its barrier") {
    CHECK(explore_contest<atomics_without_barrier>(push_two_pop_two, {2}, {1, 2}).failures > 0);
}

TEST_CASE("two thieves and the owner meet at one entry, which one of them gets") {
    const auto owner = [](auto& contest) {
        contest.push(1);
        contest.pop();
    };
    CHECK(explore_contest(owner, {1, 1}, {1}).failures == 0);
}

TEST_CASE("an entry pushed where the last was popped is stolen as itself") {
    const auto owner = [](auto& contest) {
        contest.push(1);
        contest.pop();
        contest.push(2);
    };
    CHECK(explore_contest(owner, {2}, {1, 2}).failures == 0);
}

TEST_CASE("thieves get what they saw while the ring is replaced under them") {
    const auto owner = [](auto& contest) {
        contest.push(1);
        contest.push(2);  // grows
        contest.pop();
    };
    CHECK(explore_contest(owner, {2}, {1, 2}, 1).failures == 0);
}

TEST_CASE("a slot that is used again does not reach the thief that read it before") {
    const auto owner = [](auto& contest) {
        for (work_item item = 1; item <= 3; ++item) contest.push(item);  // 3 may lie where 1 lay
    };
    CHECK(explore_contest(owner, {3}, {1, 2, 3}, 2).failures == 0);
}

TEST_CASE("pop_if takes back an entry or leaves it to its thief") {
    const auto owner = [](auto& contest) {
        contest.push(1);
        contest.push(2);
        contest.pop_if(2);
        contest.pop_if(1);  // also if both were stolen: then 2's slot, or 1's, is stale
    };
    CHECK(explore_contest(owner, {2}, {1, 2}).failures == 0);
}

TEST_CASE("two thieves take two siblings that the owner wants back") {
    const auto owner = [](auto& contest) {
        contest.deque.push_reversed(2, [next = work_item{1}]() mutable { return next++; });
        contest.pop_if(1);
        contest.pop_if(2);
    };
    CHECK(explore_contest(owner, {1, 1}, {1, 2}).failures == 0);
}
