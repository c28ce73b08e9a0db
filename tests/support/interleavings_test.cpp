// The model checker itself, on programs whose outcomes are known (litmus tests of x86-TSO).
#include <array>
#include <cstddef>
#include <doctest/doctest.h>
#include <memory>
#include <random>
#include <set>
#include <support/interleavings.hpp>
#include <utility>
#include <vector>

namespace {

using tests::explore;
using tests::modelled_atomic;
using tests::modelled_program;
using tests::orders;

constexpr auto relaxed = std::memory_order_relaxed;
constexpr auto seq_cst = std::memory_order_seq_cst;

struct cells {
    modelled_atomic<int> x{0};
    modelled_atomic<int> y{0};
    int a = 0;
    int b = 0;
};

using pairs = std::set<std::pair<int, int>>;

// All pairs (a, b) with which a program of two threads can end.
template <class First, class Second>
pairs outcomes_of(First first, Second second) {
    pairs seen;
    const auto all = explore([&] {
        auto state = std::make_shared<cells>();
        return modelled_program{{[=] { first(*state); }, [=] { second(*state); }}, [=, &seen] {
                                    seen.emplace(state->a, state->b);
                                    return true;
                                }};
    });
    CHECK(all.complete);
    return seen;
}

// One access of a random program; what it read is kept.
void access(modelled_atomic<int>* cells, unsigned what, std::vector<int>& seen) {
    auto& cell = cells[what / 8 % 2];
    const int value = static_cast<int>(what / 16 % 1000) + 1;
    switch (what % 8) {
        case 0:
            seen.push_back(cell.exchange(value, seq_cst));
            break;
        case 1:
            seen.push_back(cell.fetch_add(1, seq_cst));
            break;
        case 2:
            tests::modelled_heavy_barrier();
            break;
        case 3:
        case 4:
            seen.push_back(cell.load(relaxed));
            break;
        default:
            cell.store(value, relaxed);
    }
}

// All that such a program can read and leave behind.
std::set<std::vector<int>> outcomes_of(const std::vector<std::vector<unsigned>>& plan,
                                       orders which) {
    struct state {
        modelled_atomic<int> cells[2];
        std::array<std::vector<int>, 3> seen;
    };
    std::set<std::vector<int>> outcomes;
    const auto all = explore(
        [&] {
            auto shared = std::make_shared<state>();
            modelled_program program;
            for (std::size_t i = 0; i < plan.size(); ++i)
                program.threads.emplace_back([=, &plan] {
                    for (const auto what : plan[i]) access(shared->cells, what, shared->seen[i]);
                });
            program.holds = [=, &outcomes] {
                std::vector<int> outcome{shared->cells[0].load(relaxed),
                                         shared->cells[1].load(relaxed)};
                for (const auto& each : shared->seen)
                    outcome.insert(outcome.end(), each.begin(), each.end());
                outcomes.insert(outcome);
                return true;
            };
            return program;
        },
        which);
    CHECK(all.complete);
    return outcomes;
}

}  // namespace

TEST_CASE("a store may be overtaken by a later load of another cell") {
    CHECK(outcomes_of(
              [](cells& c) {
                  c.x.store(1, relaxed);
                  c.a = c.y.load(seq_cst);
              },
              [](cells& c) {
                  c.y.store(1, relaxed);
                  c.b = c.x.load(seq_cst);
              }) == pairs{{0, 0}, {0, 1}, {1, 0}, {1, 1}});
}

TEST_CASE("a locked store is not overtaken") {
    CHECK(outcomes_of(
              [](cells& c) {
                  c.x.exchange(1, seq_cst);
                  c.a = c.y.load(seq_cst);
              },
              [](cells& c) {
                  c.y.store(1, seq_cst);
                  c.b = c.x.load(seq_cst);
              }) == pairs{{0, 1}, {1, 0}, {1, 1}});
}

TEST_CASE("a heavy barrier on one side stands for one on the other") {
    CHECK(outcomes_of(
              [](cells& c) {
                  c.x.store(1, relaxed);
                  c.a = c.y.load(relaxed);
              },
              [](cells& c) {
                  c.y.store(1, relaxed);
                  tests::modelled_heavy_barrier();
                  c.b = c.x.load(relaxed);
              }) == pairs{{0, 1}, {1, 0}, {1, 1}});
}

TEST_CASE("stores reach memory in order") {
    CHECK(outcomes_of(
              [](cells& c) {
                  c.x.store(1, relaxed);
                  c.y.store(1, relaxed);
              },
              [](cells& c) {
                  c.a = c.y.load(relaxed);
                  c.b = c.x.load(relaxed);
              }) == pairs{{0, 0}, {0, 1}, {1, 1}});
}

TEST_CASE("a thread sees its own stores") {
    CHECK(outcomes_of(
              [](cells& c) {
                  c.x.store(1, relaxed);
                  c.a = c.x.load(relaxed);
              },
              [](cells& c) { c.x.store(2, relaxed); }) == pairs{{1, 0}, {2, 0}});
}

TEST_CASE("locked additions are not lost, plain ones are") {
    const auto locked = [](cells& c) { c.x.fetch_add(1, seq_cst); };
    const auto plain = [](cells& c) { c.x.store(c.x.load(relaxed) + 1, relaxed); };
    const auto count_failures = [](auto increment) {
        return explore([&] {
                   auto state = std::make_shared<cells>();
                   const auto thread = [=] { increment(*state); };
                   return modelled_program{{thread, thread, thread},
                                           [=] { return state->x.load(relaxed) == 3; }};
               })
            .failures;
    };
    CHECK(count_failures(locked) == 0);
    CHECK(count_failures(plain) > 0);
}

TEST_CASE("leaving out orders leaves out no outcome") {
    // Programs of random accesses; each thread keeps what it read.
    std::mt19937 random(20);
    const auto number_of = [&](unsigned most) { return random() % most + 1; };
    for (int i = 0; i < 40; ++i) {
        const auto threads = number_of(2) + 1;
        std::vector<std::vector<unsigned>> plan(threads);
        for (auto& each : plan)
            for (auto left = number_of(threads == 2 ? 3 : 1); left > 0; --left)
                each.push_back(static_cast<unsigned>(random()));
        const auto reduced = outcomes_of(plan, orders::that_matter);
        CHECK(reduced == outcomes_of(plan, orders::all));
    }
}

TEST_CASE("orders of accesses that do not touch each other are run once") {
    const auto all = explore([] {
        auto state = std::make_shared<cells>();
        const auto add = [](modelled_atomic<int>& to) {
            for (int i = 0; i < 5; ++i) to.fetch_add(1, seq_cst);
        };
        return modelled_program{{[=] { add(state->x); }, [=] { add(state->y); }},
                                [=] { return state->x.load(relaxed) == 5; }};
    });
    CHECK(all.complete);
    CHECK(all.failures == 0);
    CHECK(all.executions < 30);  // of 252 orders; not 1, as steps into nothing new are counted
}
