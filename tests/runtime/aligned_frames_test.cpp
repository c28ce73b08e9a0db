// Goal: what is over-aligned lies where its alignment says in every frame, also if the frame holds
// small things behind it. Method: frames of many sizes, several of each at a time, built at several
// levels of optimisation, as how a compiler sizes a frame and whom it inlines is its own affair.

#include "aligned.hpp"

#include <bobbin/runtime/sync_wait.hpp>
#include <bobbin/runtime/task.hpp>

#include <array>
#include <cstddef>
#include <doctest/doctest.h>
#include <utility>

namespace {

using bobbin::task;
using test::aligned;
using test::misplaced;

// Apart, so that what it is given must have an address.
[[gnu::noinline]] void set(char& to, int value) {
    to = static_cast<char>(value);
}

template <class V, std::size_t bytes>
task<int> chain(int length) {
    V wide(1);
    std::array<char, bytes> small;
    set(small.front(), 0);
    set(small.back(), 1);
    if (length > 1) wide.value += co_await chain<V, bytes>(length - 1);
    co_return wide.value + small.back();
}

template <class V, std::size_t... indices>
int sum_of_chains(int length, std::index_sequence<indices...> /*sizes*/) {
    return (bobbin::sync_wait(chain<V, 8 * (indices + 1)>(length)) + ...);
}

}  // namespace

TEST_CASE_TEMPLATE("what is over-aligned is aligned in frames of every size", V, aligned<32>,
                   aligned<64>, aligned<256>) {
    misplaced = 0;
    CHECK(sum_of_chains<V>(8, std::make_index_sequence<32>()) == 8 * 2 * 32);
    CHECK(misplaced == 0);
}

TEST_CASE_TEMPLATE("what is over-aligned is aligned in large frames", V, aligned<32>, aligned<64>,
                   aligned<4096>) {
    misplaced = 0;
    for (int length = 1; length < 20; ++length) {
        CHECK(bobbin::sync_wait(chain<V, 3000>(length)) == 2 * length);
        CHECK(bobbin::sync_wait(chain<V, 5016>(length)) == 2 * length);
        CHECK(bobbin::sync_wait(chain<V, 5048>(length)) == 2 * length);
    }
    CHECK(misplaced == 0);
}

TEST_CASE("what is over-aligned is aligned in a task that is never awaited") {
    misplaced = 0;
    auto argument = [](aligned<64> given, std::array<char, 40> small) -> task<int> {
        co_return given.value + small.front();
    };
    std::array<task<int>, 8> tasks;
    for (auto& each : tasks) each = argument(aligned<64>(1), {});
    CHECK(misplaced == 0);
}
