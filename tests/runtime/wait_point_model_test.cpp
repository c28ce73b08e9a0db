// A task that waits until something happens or it is asked to stop, in every order of the awaiter,
// the event and the stop: exactly one of them has it go on, not before it is in its place, and
// nothing of it is touched after that. Method: the wait is the real one; its source, with a lock,
// and the stop are modelled. Each part of the protocol that could be left out is, once, and the
// harm found.
#include <bobbin/runtime/detail/task/wait_point.hpp>

#include <doctest/doctest.h>
#include <memory>
#include <mutex>
#include <support/interleavings.hpp>
#include <thread>
#include <utility>
#include <vector>

namespace {

using bobbin::detail::stoppable_wait;
using tests::exploration;
using tests::explore;
using tests::modelled_program;

enum class protocol {
    as_it_is,
    arms_last,
    looks_before_the_lock,
    lets_go_of_the_lock,  // between looking and the place
    stop_is_not_noted,
    stop_does_not_take,
    event_does_not_take,
    event_takes_before_it_happens,
    resumes_under_the_lock,
    goes_on_armed,
};

// To take it is one step. Nobody makes one until it is given back, as a critical section has none.
class modelled_mutex {
public:
    void lock() {
        word_.fetch_add(1, std::memory_order_acquire);
        held_ = true;
    }
    void unlock() noexcept { held_ = false; }
    // A step on what it guards, by who does not hold it.
    void pass_by() { word_.fetch_add(1, std::memory_order_relaxed); }
    bool held() const noexcept { return held_; }

private:
    tests::modelled_atomic<unsigned> word_{0};
    bool held_ = false;
};
using guard = std::unique_lock<modelled_mutex>;

// One that may be asked to stop, and its callback. What waits for the callback's end in
// std::stop_callback's destructor is done at that end.
template <class Waiter>
class modelled_stop {
public:
    void arm(modelled_stop& /*scope*/, Waiter& waiter) {
        waiter_ = &waiter;
        const auto before = state_.update([](state now) { return now == idle ? armed : now; });
        waiter.touch();
        if (before == requested) waiter.stop();
    }
    void request() {
        runner_ = std::this_thread::get_id();
        const auto before = state_.update([](state now) {
            return now == armed ? running : now == idle ? requested : now;
        });
        if (before != armed) return;
        waiter_->stop();
        if (state_.exchange(over, std::memory_order_acq_rel) == awaited) waiter_->end();
    }
    void disarm(Waiter& waiter) {
        const bool inside = runner_ == std::this_thread::get_id();
        const auto before = state_.update(
            [inside](state now) { return now == running && !inside ? awaited : over; });
        if (before != running || inside) waiter.end();
    }

private:
    enum state { idle, armed, requested, running, awaited, over };
    tests::modelled_atomic<state> state_{idle};
    Waiter* waiter_ = nullptr;
    std::thread::id runner_;
};

template <protocol P>
class model {
public:
    void await() {
        if (P == protocol::looks_before_the_lock) {
            const guard early(mutex_);
            has_looked_ = happened_;
        }
        const bool suspended =
            wait_.suspend(*this, task{this}, P == protocol::arms_last ? nullptr : &stop_);
        if (!suspended) return go_on();
        if (P == protocol::arms_last) stop_.arm(stop_, *this);
    }

    void happen() {
        if (P == protocol::event_takes_before_it_happens) {
            const task early = take();
            const guard late(mutex_);
            happened_ = true;
            return early.resume();
        }
        task taken;
        {
            const guard lock(mutex_);
            happened_ = true;
            taken = P == protocol::event_does_not_take ? place_ : std::exchange(place_, {});
            if (P == protocol::resumes_under_the_lock) return taken.resume();
        }
        taken.resume();
    }

    void ask_to_stop() { stop_.request(); }

    bool is_right() const { return times_ == 1 && has_ended_ && !is_broken_; }

private:
    struct task {
        model* of = nullptr;
        explicit operator bool() const noexcept { return of != nullptr; }
        void resume() const {
            if (of != nullptr) of->go_on();
        }
    };
    // In place of stop_watch, which owns its callback.
    struct watch {
        void arm(modelled_stop<model>& scope, model& waiter) { scope.arm(scope, waiter); }
    };
    friend stoppable_wait<model, task, watch>;
    friend modelled_stop<model>;

    // What the awaiter goes on with: its frame is gone soon.
    void go_on() {
        ++times_;
        if (mutex_.held()) is_broken_ = true;
        if (P == protocol::goes_on_armed)
            end();
        else
            stop_.disarm(*this);
    }
    void end() { has_ended_ = true; }
    void touch() {
        if (has_ended_) is_broken_ = true;
    }
    task take() {
        const guard lock(mutex_);
        return std::exchange(place_, {});
    }

    // --- what `stoppable_wait` asks for ---

    guard lock() {
        touch();
        return guard(mutex_);
    }
    bool is_due(guard& lock) {
        touch();
        const bool happened = P == protocol::looks_before_the_lock ? has_looked_ : happened_;
        if (P == protocol::lets_go_of_the_lock) {
            lock.unlock();
            mutex_.pass_by();
        }
        return happened;
    }
    task& place() {
        touch();
        return place_;
    }
    void stop() {
        touch();
        if (P == protocol::stop_is_not_noted) return take().resume();
        if (P == protocol::stop_does_not_take) {
            mutex_.lock();
            const task waiting = place_;
            mutex_.unlock();
            return waiting.resume();
        }
        wait_.stop(*this);
    }

    modelled_mutex mutex_;
    bool happened_ = false;
    task place_;

    stoppable_wait<model, task, watch> wait_;
    modelled_stop<model> stop_;
    bool has_looked_ = false;

    int times_ = 0;
    bool has_ended_ = false;
    bool is_broken_ = false;
};

enum class besides { event, stop, both };

template <protocol P>
exploration explore_wait(besides who) {
    const exploration result = explore([=] {
        auto state = std::make_shared<model<P>>();
        modelled_program program{{[=] { state->await(); }}, [=] { return state->is_right(); }};
        if (who != besides::stop) program.threads.push_back([=] { state->happen(); });
        if (who != besides::event) program.threads.push_back([=] { state->ask_to_stop(); });
        return program;
    });
    MESSAGE(result.executions << " executions");
    CAPTURE(result.first_failure);
    CHECK(result.complete);
    return result;
}

}  // namespace

TEST_CASE("what happens resumes the task that waits for it, or finds it not waiting yet") {
    CHECK(explore_wait<protocol::as_it_is>(besides::event).failures == 0);
}

TEST_CASE("a stop resumes the task that waits, however early it comes") {
    CHECK(explore_wait<protocol::as_it_is>(besides::stop).failures == 0);
}

TEST_CASE("of an event and a stop, one resumes the task, and neither touches it after that") {
    CHECK(explore_wait<protocol::as_it_is>(besides::both).failures == 0);
}

TEST_CASE("each part of the wait is needed") {
    CHECK(explore_wait<protocol::arms_last>(besides::both).failures > 0);
    CHECK(explore_wait<protocol::looks_before_the_lock>(besides::event).failures > 0);
    CHECK(explore_wait<protocol::lets_go_of_the_lock>(besides::event).failures > 0);
    CHECK(explore_wait<protocol::stop_is_not_noted>(besides::stop).failures > 0);
    CHECK(explore_wait<protocol::stop_does_not_take>(besides::both).failures > 0);
    CHECK(explore_wait<protocol::event_does_not_take>(besides::both).failures > 0);
    CHECK(explore_wait<protocol::event_takes_before_it_happens>(besides::event).failures > 0);
    CHECK(explore_wait<protocol::resumes_under_the_lock>(besides::event).failures > 0);
    CHECK(explore_wait<protocol::goes_on_armed>(besides::both).failures > 0);
}
