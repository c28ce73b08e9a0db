// Goal: what a worker does at its end, and what it keeps until then. Method: it is written down in
// shared memory; the pool's end waits for it.
#include "workers.hpp"

#include <bobbin/ipc/event.hpp>
#include <bobbin/ipc/initializer.hpp>
#include <bobbin/ipc/process.hpp>
#include <bobbin/ipc/process_pool.hpp>
#include <bobbin/ipc/shared_array.hpp>
#include <bobbin/ipc/shared_queue.hpp>
#include <bobbin/ipc/shared_value.hpp>
#include <bobbin/ipc/worker_state.hpp>
#include <bobbin/runtime/bind.hpp>
#include <bobbin/runtime/errors.hpp>
#include <bobbin/runtime/job_options.hpp>
#include <bobbin/runtime/sleep_for.hpp>
#include <bobbin/runtime/sync_wait.hpp>
#include <bobbin/runtime/task.hpp>
#include <bobbin/runtime/thread_pool.hpp>

#include <chrono>
#include <cstdlib>
#include <doctest/doctest.h>
#include <memory>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <sys/resource.h>
#include <utility>
#include <vector>

using namespace bobbin;
using namespace std::chrono_literals;
using diary = ipc::shared_queue<std::string>;

namespace {

void note(diary to, const std::string& text) {
    to.put(text);
}
void note_pid(diary to) {
    to.put(std::to_string(::getpid()));
}
task<void> note_later(diary to) {
    co_await sleep_for(1ms);
    to.put("later");
}
void fail(int) {
    throw std::runtime_error("no disk");
}
int kill_self(int signal) {
    return std::raise(signal);
}

void die_at_first(ipc::shared_value<int> calls) {
    if (calls.fetch_add(1) == 0) std::raise(SIGKILL);
}

std::vector<std::string> all_of(diary& from) {
    std::vector<std::string> all;
    while (auto each = from.try_get()) all.push_back(*std::move(each));
    return all;
}

// Neither copied nor encoded, and says when it is made and destroyed.
class model {
public:
    model(diary to, int number) : to_(std::move(to)), number_(number) { to_.put("made"); }
    model(const model&) = delete;
    model& operator=(const model&) = delete;
    ~model() { to_.put("destroyed"); }
    int plus(int i) const { return number_ + i; }

private:
    diary to_;
    int number_;
};

std::unique_ptr<model> load(diary to, int number) {
    return std::make_unique<model>(std::move(to), number);
}
int use(int i) {
    return ipc::worker_state<std::unique_ptr<model>>()->plus(i);
}
int use_or_make(diary to, int i) {
    return ipc::worker_state<model>([&] { return model(to, 100); }).plus(i);
}
void note_with_model(diary to) {
    to.put("finalizer " + std::to_string(use(1)));
}
void use_two(diary to) {
    struct second {
        std::unique_ptr<diary> own;
        ~second() {
            if (own) own->put("second");
        }
        second(second&&) = default;
        explicit second(diary in) : own(std::make_unique<diary>(std::move(in))) {}
    };
    static_cast<void>(use_or_make(to, 1));
    static_cast<void>(ipc::worker_state<second>([&] { return second(to); }));
}
void exit_loudly(diary to) {
    static diary own = to;
    static const auto noted = std::atexit([] { own.put("atexit"); });
    static_cast<void>(noted);
}

}  // namespace

TEST_CASE("a finalizer is called once in each worker before the pool's end returns") {
    diary said;
    {
        auto options = ipc::process_pool_options(3);
        options.finalizer = ipc::finalizer(fn<&note_pid>(), said);
        ipc::process_pool pool(options);
        for (int i = 0; i < 30; ++i) CHECK(pool.submit(test::twice, i).get() == 2 * i);
    }
    const auto pids = all_of(said);
    CHECK(pids.size() == 3);
    CHECK(std::set(pids.begin(), pids.end()).size() == 3);
}

TEST_CASE(
    "a finalizer has what it was given, large or small, bound or not, and may be a coroutine") {
    diary said;
    const std::string large(200'000, 'x');
    const auto end_with = [](ipc::finalizer last) {
        ipc::process_pool_options options({.workers = 1});
        options.initializer = ipc::initializer(test::twice, 1);
        options.finalizer = std::move(last);
        ipc::process_pool pool(options);
        // The memory of large arguments is used again.
        CHECK(pool.submit([](const std::string& text) { return text.size(); },
                          std::string(200'000, 'y'))
                  .get() == 200'000);
    };
    end_with(ipc::finalizer(fn<&note>(), said, large));
    CHECK(all_of(said) == std::vector{large});
    end_with(ipc::finalizer(bobbin::bind(fn<&note>(), said), std::string("bound")));
    CHECK(all_of(said) == std::vector<std::string>{"bound"});
    end_with(ipc::finalizer(fn<&note_later>(), said));
    CHECK(all_of(said) == std::vector<std::string>{"later"});
}

TEST_CASE(
    "a worker that leaves after its tasks, for its memory or for idleness calls its finalizer") {
    const auto first_note = [](ipc::process_pool_options options) {
        diary said;
        options.finalizer = ipc::finalizer(fn<&note>(), said, std::string("left"));
        ipc::process_pool pool(options);
        CHECK(pool.submit(test::twice, 1).get() == 2);
        CHECK(said.get() == "left");  // while the pool lives
        CHECK(pool.submit(test::twice, 2).get() == 4);
    };
    first_note({{.workers = 1, .max_tasks_per_worker = 1}});
    first_note({{.workers = 1, .max_rss = 1}});
    first_note({{.workers = 1, .idle_timeout = 1ms}});
}

TEST_CASE("max_tasks_per_worker counts neither an initializer nor a finalizer") {
    diary said;
    ipc::process_pool_options options({.workers = 1, .max_tasks_per_worker = 2});
    options.initializer = ipc::initializer(fn<&note>(), said, std::string("begin"));
    options.finalizer = ipc::finalizer(fn<&note>(), said, std::string("end"));
    {
        ipc::process_pool pool(options);
        const pid_t first = pool.submit(test::pid_there).get();
        CHECK(pool.submit(test::pid_there).get() == first);
        CHECK(pool.submit(test::pid_there).get() != first);
    }
    CHECK(all_of(said) == std::vector<std::string>{"begin", "end", "begin", "end"});
}

TEST_CASE("a worker that dies, or whose initializer fails, calls no finalizer") {
    diary said;
    ipc::process_pool_options options({.workers = 1});
    options.finalizer = ipc::finalizer(fn<&note>(), said, std::string("end"));
    {
        ipc::process_pool pool(options);
        CHECK_THROWS_AS(pool.submit(fn<&kill_self>(), SIGKILL).get(), ipc::worker_died);
        CHECK(pool.submit(test::twice, 1).get() == 2);
    }
    CHECK(all_of(said) == std::vector<std::string>{"end"});  // the second worker's
    options.initializer = ipc::initializer(fn<&fail>(), 1);
    {
        ipc::process_pool pool(options);
        CHECK_THROWS_AS(pool.submit(test::twice, 1).get(), ipc::pool_broken);
    }
    CHECK(all_of(said).empty());
}

TEST_CASE("a worker that dies in its initializer is no misfortune: the next one begins anew") {
    const ipc::shared_value<int> calls(0);
    ipc::process_pool_options options({.workers = 1});
    options.initializer = ipc::initializer(fn<&die_at_first>(), calls);
    ipc::process_pool pool(options);
    for (int i = 0; i < 3; ++i) CHECK(pool.submit(test::twice, i).get() == 2 * i);
    CHECK(calls.load() == 2);
}

TEST_CASE("a finalizer that throws is no misfortune, and one that hangs is ended after stop()") {
    {
        ipc::process_pool_options options({.workers = 1, .max_tasks_per_worker = 1});
        options.restart_intensity.most = 0;
        options.finalizer = ipc::finalizer(fn<&fail>(), 1);
        ipc::process_pool pool(options);
        for (int i = 0; i < 3; ++i) CHECK(pool.submit(test::twice, i).get() == 2 * i);
    }
    const ipc::event begun;
    ipc::process_pool_options options({.workers = 1, .grace = 10ms});
    options.finalizer = ipc::finalizer(
        [](ipc::event is_there) {
            is_there.set();
            for (;;) ::pause();
        },
        begun);
    {
        ipc::process_pool pool(options);
        CHECK(pool.submit(test::twice, 1).get() == 2);
        pool.stop();
    }
}

TEST_CASE("what an initializer returns is its worker's, for all jobs, until after the finalizer") {
    diary said;
    ipc::process_pool_options options({.workers = 1});
    options.initializer = ipc::initializer(fn<&load>(), said, 40);
    options.finalizer = ipc::finalizer(fn<&note_with_model>(), said);
    {
        ipc::process_pool pool(options);
        CHECK(pool.submit(fn<&use>(), 2).get() == 42);
        CHECK(pool.submit(fn<&use>(), 3).get() == 43);
        CHECK(all_of(said) == std::vector<std::string>{"made"});
    }
    CHECK(all_of(said) == std::vector<std::string>{"finalizer 41", "destroyed"});
}

TEST_CASE("a worker's states are made once, by the first to ask, and destroyed in reverse order") {
    diary said;
    {
        ipc::process_pool pool({.workers = 1});
        for (int i = 0; i < 5; ++i)
            CHECK(pool.submit(fn<&use_or_make>(), said, i).get() == 100 + i);
        pool.submit(fn<&use_two>(), said).get();
        CHECK(all_of(said) == std::vector<std::string>{"made"});
    }
    CHECK(all_of(said) == std::vector<std::string>{"second", "destroyed"});
}

TEST_CASE("each worker has its own state, and a new worker makes a new one") {
    diary said;
    {
        ipc::process_pool pool({.workers = 1, .max_tasks_per_worker = 1});
        for (int i = 0; i < 3; ++i)
            CHECK(pool.submit(fn<&use_or_make>(), said, i).get() == 100 + i);
    }
    const auto all = all_of(said);
    CHECK(std::count(all.begin(), all.end(), "made") == 3);
    CHECK(std::count(all.begin(), all.end(), "destroyed") == 3);
}

TEST_CASE("a state that nobody has made is an error that says how to make it") {
    ipc::process_pool pool({.workers = 1});
    try {
        pool.submit(fn<&use>(), 1).get();
        FAIL("there is none");
    } catch (const std::logic_error& error) {
        CHECK(test::contains(error.what(), "initializer"));
        CHECK(test::contains(error.what(), "model"));
    }
}

TEST_CASE("a state whose making throws is made by the next to ask") {
    const auto make = [](bool works) -> int {
        if (!works) throw std::runtime_error("not yet");
        return 7;
    };
    CHECK_THROWS_AS(ipc::worker_state<int>([&] { return make(false); }), std::runtime_error);
    CHECK(ipc::worker_state<int>([&] { return make(true); }) == 7);
    CHECK(&ipc::worker_state<int>() == &ipc::worker_state<int>([] { return 8; }));
    // A child has none of it.
    auto child =
        ipc::process::forked([] { return ipc::worker_state<int>([] { return 9; }) == 9 ? 0 : 1; });
    CHECK(child.join().ok());
    CHECK(ipc::worker_state<int>() == 7);
}

TEST_CASE("the states of a process are destroyed when its function has returned") {
    diary said;
    ipc::process child([](diary to) { return use_or_make(to, 0) == 100 ? 0 : 1; }, said);
    CHECK(child.join().ok());
    CHECK(all_of(said) == std::vector<std::string>{"made", "destroyed"});
}

TEST_CASE("what was given to atexit in a worker, and its static objects, end without a word") {
    diary said;
    {
        ipc::process_pool_options options({.workers = 1});
        options.finalizer = ipc::finalizer(fn<&note>(), said, std::string("end"));
        ipc::process_pool pool(options);
        pool.submit(fn<&exit_loudly>(), said).get();
    }
    CHECK(all_of(said) == std::vector<std::string>{"end"});
}

TEST_CASE("plain options are written as those of a thread_pool, also in a coroutine") {
    ipc::process_pool pool({.workers = 2, .idle_timeout = 1h});
    CHECK(pool.size() == 2);
    auto in_task = []() -> task<int> {
        ipc::process_pool own({.workers = 1, .max_tasks_per_worker = 100});
        const int four = co_await own.run(test::twice, 2);
        ipc::process_pool_options options({.workers = 1});
        options.environment = {"BOBBIN_TEST=something that is long enough to be allocated"};
        options.initializer = ipc::initializer(test::twice, 1);
        ipc::process_pool other(options);
        const int six = co_await ipc::process_pool({.workers = 1}).run(test::twice, 3);
        co_return four + six + co_await other.run(test::twice, 4);
    };
    thread_pool home({.threads = 1});
    CHECK(sync_wait(home, in_task()) == 18);
}

TEST_CASE("a pool whose job was given up ends at once, whatever its worker has left to finish") {
    diary finished(10);
    ipc::process_pool_options options(1);
    options.grace = 1h;
    options.finalizer = ipc::finalizer(fn<&note_pid>(), finished);
    job_options limited;
    limited.timeout = 20ms;
    const auto never_stops = []() -> task<void> {
        for (;;) ::pause();
        co_return;
    };
    {
        ipc::process_pool pool(options);
        CHECK_THROWS_AS(pool.submit(limited, never_stops).get(), timed_out);
    }
    CHECK(all_of(finished).empty());
}

TEST_CASE("a worker that ignores that it is to end is ended with its pool, also an idle one") {
    diary finished(10);
    ipc::process_pool_options options(2);
    options.grace = 1h;
    options.idle_timeout = 20ms;
    options.finalizer = ipc::finalizer(fn<&note_pid>(), finished);
    job_options limited;
    limited.timeout = 20ms;
    const auto ignores = [] {
        std::signal(SIGTERM, SIG_IGN);
        for (;;) ::pause();
    };
    {
        ipc::process_pool pool(options);
        const auto given_up = pool.submit(limited, ignores);
        const int other = pool.submit(test::pid_there).get();
        CHECK_THROWS_AS(given_up.get(), timed_out);
        CHECK(test::await_end(other));  // the pool has been idle for its time
    }
    CHECK(all_of(finished).size() == 1);
}
