// `published` in every order of its accesses, stores delayed as x86 delays them, and with a process
// killed before any of them: nobody sleeps beside a number, and a death leaves a number published
// and its sleepers woken, or neither. Sleeping and waking are the kernel's: one step each.
#include "sync/event_count.hpp"

#include <array>
#include <cstddef>
#include <doctest/doctest.h>
#include <memory>
#include <support/interleavings.hpp>

namespace {

using bobbin::deadline;
using tests::exploration;
using tests::explore;
using tests::modelled_program;

enum class protocol {
    as_it_is,
    wakes_after_the_commit,  // by another system call, as usual
    flags_by_a_store,        // the sleeper looks, then stores
};

// What ends a thread of the model.
struct was_killed {};
struct fell_asleep {};

// How many more accesses this thread makes before it is killed; negative: it is not.
thread_local int steps_left = -1;
thread_local std::size_t own_index = 0;
// Which threads sleep, in the execution that is tried.
std::array<bool, 4> asleep{};

void take_step() {
    if (steps_left == 0) throw was_killed{};
    if (steps_left > 0) --steps_left;
}

// Counts the accesses of its thread.
template <class T, protocol P>
class mortal_atomic : public tests::modelled_atomic<T> {
    using base = tests::modelled_atomic<T>;

public:
    using base::base;

    T load(std::memory_order order) const {
        take_step();
        return base::load(order);
    }
    void store(T value, std::memory_order order) {
        take_step();
        base::store(value, order);
    }
    bool compare_exchange_strong(T& expected, T desired, std::memory_order success,
                                 std::memory_order failure) {
        // Only sleepers set the flag in a relaxed way.
        if (P == protocol::flags_by_a_store && success == std::memory_order_relaxed) {
            const T now = load(failure);
            if (now != expected) return expected = now, false;
            store(desired, success);
            return true;
        }
        take_step();
        return base::compare_exchange_strong(expected, desired, success, failure);
    }
};

template <protocol P>
struct mortal_atomics {
    template <class T>
    using atomic = mortal_atomic<T, P>;
    using word_type = atomic<std::uint32_t>;

    static void wait(word_type& word, std::uint32_t value, deadline /*until*/) {
        take_step();
        word.update([=](std::uint32_t now) {
            asleep[own_index] = now == value;
            return now;
        });
        if (asleep[own_index]) throw fell_asleep{};
    }
    static void wake(word_type& word) {
        take_step();
        word.update([](std::uint32_t now) {
            asleep.fill(false);
            return now;
        });
    }
    static void add_and_wake(word_type& word, int add) {
        change_and_wake(word, [=](std::uint32_t now) { return now + std::uint32_t(add); });
    }
    static void or_and_wake(word_type& word, int bits) {
        change_and_wake(word, [=](std::uint32_t now) { return now | std::uint32_t(bits); });
    }

private:
    template <class Change>
    static void change_and_wake(word_type& word, Change change) {
        take_step();
        word.update([=](std::uint32_t now) {
            if (P != protocol::wakes_after_the_commit) asleep.fill(false);
            return change(now);
        });
        if (P == protocol::wakes_after_the_commit) wake(word);
    }
};

template <protocol P>
struct model {
    using number_type = bobbin::ipc::detail::event_count<mortal_atomics<P>>;

    explicit model(std::uint32_t published_before) {
        number.start_at(published_before);
        before = number.current();
        asleep.fill(false);
    }

    // Runs a process that is killed before its step `last`.
    template <class F>
    bool survives(std::size_t index, int last, F what) {
        own_index = index;
        steps_left = last;
        try {
            what();
        } catch (const was_killed&) {
            steps_left = -1;
            return false;
        } catch (const fell_asleep&) {
            steps_left = -1;
        }
        steps_left = -1;
        return true;
    }

    // As everybody waits: for at least that number, or the end.
    void await(std::size_t index, std::uint64_t wanted) {
        for (;;) {
            seen[index] = number.current();
            if (number.closed() || number.read() >= wanted) return;
            number.wait(seen[index], deadline::never);
        }
    }

    // Whoever sleeps has seen all there is.
    bool nobody_sleeps_beside_a_change() const {
        for (std::size_t i = 0; i < asleep.size(); ++i)
            if (asleep[i] && seen[i] != number.current()) return false;
        return true;
    }

    number_type number;
    std::uint32_t before = 0;
    std::array<std::uint32_t, 4> seen{};
    bool published_all = false;
    bool died = false;
};

constexpr int nobody_dies = -1;
// Accesses: publishing takes 3, or 5 if a sleeper comes meanwhile; waiting, until it sleeps, 7.
constexpr int most_steps_of_publisher = 5;
constexpr int most_steps_of_waiter = 8;
constexpr std::uint32_t last_count = 0x3fffffff;

exploration checked(exploration result) {
    MESSAGE(result.executions << " executions");
    CAPTURE(result.first_failure);
    CHECK(result.complete);
    return result;
}

// One publishes 1 and is killed before its step `last`, two wait for that.
template <protocol P>
exploration explore_publisher(int last, std::uint32_t published_before = 0) {
    return checked(explore([=] {
        auto state = std::make_shared<model<P>>(published_before);
        const auto waiter = [=](std::size_t index) {
            return [=] { state->survives(index, nobody_dies, [&] { state->await(index, 1); }); };
        };
        return modelled_program{
            {[=] { state->died = !state->survives(0, last, [&] { state->number.publish(1); }); },
             waiter(1), waiter(2)},
            [=] {
                const bool is_published = state->number.current() != state->before;
                return state->nobody_sleeps_beside_a_change() &&
                       state->number.read() == (is_published ? 1U : 0U) &&
                       (is_published || state->died);
            }};
    }));
}

}  // namespace

TEST_CASE("no waiter sleeps beside a published number") {
    CHECK(explore_publisher<protocol::as_it_is>(nobody_dies).failures == 0);
}

TEST_CASE("who publishes silently is told whether to wake") {
    for (const std::uint32_t published_before : {0U, last_count}) {
        const auto all = checked(explore([=] {
            auto state = std::make_shared<model<protocol::as_it_is>>(published_before);
            const auto waiter = [=](std::size_t index) {
                return
                    [=] { state->survives(index, nobody_dies, [&] { state->await(index, 1); }); };
            };
            return modelled_program{
                {[=] {
                     if (state->number.publish_silently(1)) state->number.wake();
                 },
                 waiter(1), waiter(2)},
                [=] { return state->nobody_sleeps_beside_a_change() && !asleep[1] && !asleep[2]; }};
        }));
        CHECK(all.failures == 0);
    }
}

TEST_CASE("a publisher that is killed leaves a number published and all woken, or neither") {
    for (int last = 0; last <= most_steps_of_publisher; ++last) {
        CAPTURE(last);
        CHECK(explore_publisher<protocol::as_it_is>(last).failures == 0);
    }
}

TEST_CASE("the count of what was published wraps") {
    CHECK(explore_publisher<protocol::as_it_is>(nobody_dies, last_count).failures == 0);
    for (int last = 0; last <= most_steps_of_publisher; ++last)
        CHECK(explore_publisher<protocol::as_it_is>(last, last_count).failures == 0);
}

TEST_CASE("who publishes after a publisher was killed wakes all who wait for its number") {
    for (int last = 0; last <= most_steps_of_publisher; ++last) {
        CAPTURE(last);
        const auto all = checked(explore([=] {
            auto state = std::make_shared<model<protocol::as_it_is>>(last_count);
            return modelled_program{
                {[=] {
                     state->survives(0, last, [&] { state->number.publish(1); });
                     // The next one, which the dead one's lock was given to.
                     state->number.publish(2);
                 },
                 [=] { state->survives(1, nobody_dies, [&] { state->await(1, 2); }); }},
                [=] {
                    return state->nobody_sleeps_beside_a_change() && state->number.read() == 2 &&
                           !asleep[1];
                }};
        }));
        CHECK(all.failures == 0);
    }
}

TEST_CASE("a waiter that is killed at any step leaves the other to be woken") {
    for (int last = 0; last <= most_steps_of_waiter; ++last) {
        CAPTURE(last);
        const auto all = checked(explore([=] {
            auto state = std::make_shared<model<protocol::as_it_is>>(0);
            return modelled_program{
                {[=] { state->survives(0, nobody_dies, [&] { state->number.publish(1); }); },
                 [=] {
                     if (!state->survives(1, last, [&] { state->await(1, 1); })) asleep[1] = false;
                 },
                 [=] { state->survives(2, nobody_dies, [&] { state->await(2, 1); }); }},
                [=] {
                    return state->nobody_sleeps_beside_a_change() && state->number.read() == 1;
                }};
        }));
        CHECK(all.failures == 0);
    }
}

TEST_CASE("closing wakes all who wait, or, if the closer is killed before, nobody") {
    for (int last = 0; last <= 2; ++last) {
        CAPTURE(last);
        const auto all = checked(explore([=] {
            auto state = std::make_shared<model<protocol::as_it_is>>(0);
            const auto waiter = [=](std::size_t index) {
                return
                    [=] { state->survives(index, nobody_dies, [&] { state->await(index, 1); }); };
            };
            return modelled_program{
                {[=] { state->survives(0, last, [&] { state->number.close(); }); }, waiter(1),
                 waiter(2)},
                [=] {
                    return state->nobody_sleeps_beside_a_change() &&
                           state->number.closed() == (last > 0) &&
                           !(last > 0 && (asleep[1] || asleep[2]));
                }};
        }));
        CHECK(all.failures == 0);
    }
}

TEST_CASE("a number that is published while another process closes is not lost") {
    const auto all = checked(explore([] {
        auto state = std::make_shared<model<protocol::as_it_is>>(0);
        return modelled_program{
            {[=] { state->survives(0, nobody_dies, [&] { state->number.publish(1); }); },
             [=] { state->survives(1, nobody_dies, [&] { state->number.close(); }); },
             [=] { state->survives(2, nobody_dies, [&] { state->await(2, 1); }); }},
            [=] { return state->number.read() == 1 && state->number.closed() && !asleep[2]; }};
    }));
    CHECK(all.failures == 0);
}

TEST_CASE("readers beside two numbers read one of the three, and never go back") {
    const auto all = checked(explore([] {
        auto state = std::make_shared<model<protocol::as_it_is>>(last_count);
        auto reads = std::make_shared<std::array<std::uint64_t, 2>>();
        return modelled_program{{[=] {
                                     state->number.publish(10);
                                     state->number.publish(20);
                                 },
                                 [=] {
                                     for (auto& each : *reads) each = state->number.read();
                                 }},
                                [=] {
                                    const auto known = [](std::uint64_t number) {
                                        return number == 0 || number == 10 || number == 20;
                                    };
                                    return known((*reads)[0]) && known((*reads)[1]) &&
                                           (*reads)[0] <= (*reads)[1];
                                }};
    }));
    CHECK(all.failures == 0);
}

TEST_CASE("the explorer would see a death between a commit and a wake that comes after it") {
    constexpr auto weak = protocol::wakes_after_the_commit;
    CHECK(explore_publisher<weak>(nobody_dies).failures == 0);
    long failures = 0;
    for (int last = 0; last <= most_steps_of_publisher; ++last)
        failures += explore_publisher<weak>(last).failures;
    CHECK(failures > 0);
}

TEST_CASE("the explorer would see it if sleepers set their flag by a store") {
    CHECK(explore_publisher<protocol::flags_by_a_store>(nobody_dies).failures > 0);
}
