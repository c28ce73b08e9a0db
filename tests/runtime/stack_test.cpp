// Goal: neither long loops nor deep recursion take stack, though the user's compiler makes no tail
// calls. Method: a program of a user's, with a stack of 8 MiB, compiled at low optimisation;
// without a pool on the main thread, and on a pool's threads. Too much stack ends it with SIGSEGV:
// the last line says where.

#include "gate.hpp"

#include <bobbin/runtime/errors.hpp>
#include <bobbin/runtime/scope.hpp>
#include <bobbin/runtime/sync_wait.hpp>
#include <bobbin/runtime/task.hpp>
#include <bobbin/runtime/thread_pool.hpp>
#include <bobbin/runtime/when_all.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <utility>

namespace {

using bobbin::task;
using bobbin::when_all;

constexpr int loop_length = 2'000'000;
constexpr int depth = 100'000;

// How the deepest task ends.
enum class ending { value, error, cancelled };

task<int> one() {
    co_return 1;
}

task<int> await_in_a_loop() {
    int sum = 0;
    for (int i = 0; i < loop_length; ++i) sum += co_await one();
    co_return sum;
}

task<int> fork_in_a_loop() {
    int sum = 0;
    for (int i = 0; i < loop_length / 2; ++i) {
        auto [first, second] = co_await when_all(one(), one());
        sum += first + second;
    }
    co_return sum;
}

// An awaitable that another library resumes before it returns.
class at_once {
public:
    at_once() noexcept {}
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> waiting) const { waiting.resume(); }
    int await_resume() const noexcept { return 1; }
};

task<int> await_foreign_in_a_loop() {
    int sum = 0;
    for (int i = 0; i < loop_length; ++i) sum += co_await at_once();
    co_return sum;
}

// At the bottom of a recursion.
task<int> end(ending how, test::gate& bottom) {
    bottom.open();
    if (how == ending::error) throw 42;
    if (how == ending::cancelled) co_await test::until_stopped();
    co_return 0;
}

task<int> recurse(int levels, ending how, test::gate& bottom) {
    if (levels == 0) co_return co_await end(how, bottom);
    const int below = co_await recurse(levels - 1, how, bottom);
    co_return below + 1;
}

// Each level is a group: the recursion and a sibling.
task<int> fork(int levels, ending how, test::gate& bottom) {
    if (levels == 0) co_return co_await end(how, bottom);
    auto [below, here] = co_await when_all(fork(levels - 1, how, bottom), one());
    co_return below + here;
}

// Each level is a scope, whose child is the next.
task<int> nest(int levels, ending how, test::gate& bottom) {
    if (levels == 0) co_return co_await end(how, bottom);
    int below = 0;
    auto child = [&]() -> task<void> { below = co_await nest(levels - 1, how, bottom); };
    auto body = [&](bobbin::nursery& children) -> task<void> {
        children.spawn(child());
        co_return;
    };
    co_await bobbin::scope(body);
    co_return below + 1;
}

// Each task owns the next.
task<int> wrap(task<int> inner) {
    const int below = co_await std::move(inner);
    co_return below + 1;
}

task<int> own_each_other(int levels, ending how, test::gate& bottom) {
    auto outermost = end(how, bottom);
    for (int i = 0; i < levels; ++i) outermost = wrap(std::move(outermost));
    co_return co_await std::move(outermost);
}

using recursion = task<int> (*)(int levels, ending how, test::gate& bottom);

task<int> until_bottom_then_fail(test::gate& bottom) {
    co_await bottom;
    throw 7;
}

class program {
public:
    program(const char* place, bobbin::thread_pool* pool) noexcept : place_(place), pool_(pool) {}

    void run_all() {
        check("await in a loop", await_in_a_loop(), loop_length);
        check("fork in a loop", fork_in_a_loop(), loop_length);
        check("await what resumes at once", await_foreign_in_a_loop(), loop_length);
        const std::array<std::pair<const char*, recursion>, 4> recursions = {{
            {"recurse", recurse},
            {"fork", fork},
            {"nest scopes", nest},
            {"own each other", own_each_other},
        }};
        for (const auto& [name, work] : recursions) {
            test::gate completed;
            check(name, work(depth, ending::value, completed), depth);
            test::gate failed;
            check_throws(name, "an error", work(depth, ending::error, failed), 42);
            check_throws(name, "a sibling's error", with_failing_sibling(work), 7);
            if (pool_ != nullptr) check_stopped(name, work);
        }
    }

    bool passed() const noexcept { return passed_; }

private:
    static task<int> with_failing_sibling(recursion work) {
        test::gate bottom;
        auto [result, none] = co_await when_all(work(depth, ending::cancelled, bottom),
                                                until_bottom_then_fail(bottom));
        co_return result + none;
    }

    int run(task<int> work) {
        return pool_ != nullptr ? bobbin::sync_wait(*pool_, std::move(work))
                                : bobbin::sync_wait(std::move(work));
    }

    void check(const char* name, task<int> work, int expected) {
        begin(name, "a value");
        finish(run(std::move(work)) == expected);
    }

    void check_throws(const char* name, const char* what, task<int> work, int expected) {
        begin(name, what);
        int thrown = 0;
        try {
            run(std::move(work));
        } catch (int error) {
            thrown = error;
        }
        finish(thrown == expected);
    }

    // On a pool of its own, as a stopped pool takes nothing more.
    void check_stopped(const char* name, recursion work) {
        begin(name, "the pool's stop");
        bobbin::thread_pool pool({.threads = pool_->size(), .name = "stopped"});
        auto stop = [&pool](test::gate& bottom) -> task<int> {
            co_await bottom;
            pool.stop();
            co_return 0;
        };
        auto both = [&stop, work]() -> task<void> {
            test::gate bottom;
            co_await when_all(work(depth, ending::cancelled, bottom), stop(bottom));
        };
        bool was_cancelled = false;
        try {
            bobbin::sync_wait(pool, both());
        } catch (const bobbin::cancelled&) {
            was_cancelled = true;
        }
        finish(was_cancelled);
    }

    void begin(const char* name, const char* what) {
        std::printf("%s: %s, %s… ", place_, name, what);
        std::fflush(stdout);
        began_ = std::chrono::steady_clock::now();
    }

    void finish(bool right) {
        const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - began_;
        std::printf("%s, %.2f s\n", right ? "right" : "WRONG", taken.count());
        passed_ = passed_ && right;
    }

    const char* place_;
    bobbin::thread_pool* pool_;
    bool passed_ = true;
    std::chrono::steady_clock::time_point began_;
};

}  // namespace

int main() {
    program alone("no pool", nullptr);
    alone.run_all();

    bobbin::thread_pool pool({.threads = 2, .name = "stack"});
    program pooled("pool", &pool);
    pooled.run_all();

    return alone.passed() && pooled.passed() ? EXIT_SUCCESS : EXIT_FAILURE;
}
