// How results wake their reader, in every order of the accesses, stores delayed as x86 delays them:
// no result is left beside a reader that sleeps and was not rung for. Method: a worker that
// answers two jobs and runs out of them, and a reader that looks until it sleeps; each part of the
// protocol that could be left out is, once, and the loss found.
#include "pool/job_ring.hpp"

#include <array>
#include <cstdint>
#include <doctest/doctest.h>
#include <memory>
#include <support/interleavings.hpp>

namespace {

using bobbin::ipc::detail::is_due;
using bobbin::ipc::detail::job_owner;
using bobbin::ipc::detail::result_signal;
using bobbin::ipc::detail::wake_up;
using bobbin::ipc::detail::wake_up_moment;
using tests::exploration;
using tests::explore;
using tests::modelled_program;

enum class protocol {
    as_it_is,
    asks_by_a_store,        // the reader, in place of the exchange
    looks_by_a_load,        // the worker, before it sleeps
    does_not_look_again,    // the reader, after it has asked
    rings_before_it_tells,  // the worker: the request is taken back, then the result published
    never_hurries,          // somebody waits, and what was deferred stays so
};

constexpr auto none = static_cast<std::uint32_t>(wake_up::none);

template <protocol P>
struct model_atomics {
    template <class T>
    class atomic : public tests::modelled_atomic<T> {
        using base = tests::modelled_atomic<T>;

    public:
        using base::base;

        T exchange(T value, std::memory_order order) {
            if (P != protocol::asks_by_a_store || value == none)
                return base::exchange(value, order);
            base::store(value, std::memory_order_relaxed);
            return value;
        }
        T fetch_add(T value, std::memory_order order) {
            if (P == protocol::looks_by_a_load) return base::load(order);
            return base::fetch_add(value, order);
        }
    };
};

constexpr std::uint64_t jobs = 2;

template <protocol P>
struct model {
    model() {
        for (std::uint64_t i = 0; i < jobs; ++i) owners.at(i).queue(i);
        static_cast<void>(signal.take_request());  // the reader is awake
    }

    void ring() {
        if (signal.take_request() != wake_up::none) ++rings;
    }

    void work() {
        for (std::uint64_t i = 0; i < jobs; ++i) {
            owners.at(i).claim(i);
            if (is_due(signal.glance(), wake_up_moment::before_job)) ring();
            if (P == protocol::rings_before_it_tells) ring();
            signal.publish(i + 1);
        }
        if (P == protocol::rings_before_it_tells) return;
        if (is_due(signal.asked(), wake_up_moment::out_of_jobs)) ring();
    }

    // Until it sleeps.
    void read(wake_up how) {
        do has_read = signal.read();
        while (signal.ask(how, has_read) && P != protocol::does_not_look_again);
    }

    // Its doorbell is rung, or there is nothing for it.
    bool is_right() { return rings > 0 || signal.read() == has_read; }

    result_signal<model_atomics<P>> signal;
    std::array<job_owner<model_atomics<P>>, jobs> owners;
    std::uint64_t has_read = 0;
    int rings = 0;
};

template <protocol P>
exploration explore_reader(wake_up how) {
    exploration result = explore([=] {
        auto state = std::make_shared<model<P>>();
        return modelled_program{{[=] { state->work(); }, [=] { state->read(how); }},
                                [=] { return state->is_right(); }};
    });
    MESSAGE(result.executions << " executions");
    CAPTURE(result.first_failure);
    CHECK(result.complete);
    return result;
}

// The reader defers; then somebody waits.
template <protocol P>
exploration explore_hurry() {
    exploration result = explore([=] {
        auto state = std::make_shared<model<P>>();
        const auto reader = [=] {
            state->read(wake_up::deferred);
            if (P == protocol::never_hurries) return;
            if (state->signal.ask(wake_up::coalesced, state->has_read)) ++state->rings;
        };
        return modelled_program{{[=] { state->work(); }, reader},
                                [=] { return state->is_right(); }};
    });
    MESSAGE(result.executions << " executions");
    CAPTURE(result.first_failure);
    CHECK(result.complete);
    return result;
}

}  // namespace

TEST_CASE("no result is left beside a reader that sleeps") {
    for (const wake_up how : {wake_up::prompt, wake_up::prompt_waiter, wake_up::coalesced})
        CHECK(explore_reader<protocol::as_it_is>(how).failures == 0);
}

TEST_CASE("whoever begins to wait hears of results that were deferred") {
    CHECK(explore_hurry<protocol::as_it_is>().failures == 0);
    CHECK(explore_hurry<protocol::never_hurries>().failures > 0);
    CHECK(explore_hurry<protocol::looks_by_a_load>().failures > 0);
}

TEST_CASE("each part of the protocol is needed") {
    CHECK(explore_reader<protocol::asks_by_a_store>(wake_up::prompt).failures > 0);
    CHECK(explore_reader<protocol::looks_by_a_load>(wake_up::coalesced).failures > 0);
    CHECK(explore_reader<protocol::does_not_look_again>(wake_up::prompt).failures > 0);
    CHECK(explore_reader<protocol::rings_before_it_tells>(wake_up::prompt).failures > 0);
}
