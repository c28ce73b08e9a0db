// The pools that the contract suite (pool_contract.hpp) runs over, what they can't do, and the jobs
// that it gives them, all of which can cross to another process.
#pragma once

#include "gate.hpp"
#include "ledger.hpp"

#include <bobbin/runtime/errors.hpp>
#include <bobbin/runtime/fn.hpp>
#include <bobbin/runtime/job.hpp>
#include <bobbin/runtime/pool.hpp>
#include <bobbin/runtime/sequential_pool.hpp>
#include <bobbin/runtime/set_error_handler.hpp>
#include <bobbin/runtime/sync_wait.hpp>
#include <bobbin/runtime/task.hpp>
#include <bobbin/runtime/thread_pool.hpp>

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdlib>
#include <doctest/doctest.h>
#include <exception>
#include <mutex>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace test {

// A place makes pools, and says what holds for them:
//     concurrent       jobs run beside whoever asks for them. If not, none can be held, none is
//                      ever pending
//     prompt_timeouts  a job's time is watched while it runs, if it occupies one worker of the pool
//     late_jobs_end    a job whose time has passed still comes to its end
//     has_priority     jobs of high priority overtake others
struct in_line {
    static constexpr bool concurrent = false;
    static constexpr bool late_jobs_end = true;
    static constexpr bool has_priority = false;
    static bool prompt_timeouts() { return false; }
    static bobbin::sequential_pool make() { return {}; }
};

// As many as the environment says: a type for each number would make the suite as many times as
// long to compile.
struct threads {
    static constexpr bool concurrent = true;
    static constexpr bool late_jobs_end = true;
    static constexpr bool has_priority = true;
    // One must be free to see to it.
    static bool prompt_timeouts() { return count() > 1; }
    static bobbin::thread_pool make() {
        return bobbin::thread_pool({.threads = count(), .name = "contract"});
    }

private:
    static unsigned count() {
        const char* const given = std::getenv("BOBBIN_TEST_THREADS");
        return given != nullptr ? static_cast<unsigned>(std::stoul(given)) : 2;
    }
};

// --- jobs ---

inline int multiply(int a, int b) {
    return a * b;
}
inline constexpr bobbin::fn<&multiply> multiplied;

struct doubled {
    int operator()(int i) const { return 2 * i; }
};

// Writes its number into the ledger.
struct recorded {
    int operator()(const std::string& ledger, int number) const {
        record(ledger, number);
        return number;
    }
};

// The same, when the waypoint lets it.
struct held {
    int operator()(const std::string& waypoint, const std::string& ledger, int number) const {
        stop_at(waypoint);
        record(ledger, number);
        return number;
    }
};

// Throws for every third number, its name.
struct fails_for_thirds {
    int operator()(int i) const {
        if (i % 3 == 0) throw std::runtime_error(std::to_string(i));
        return i;
    }
};

// Records that it has begun, and ends, as `cancelled`, when it is asked to; records that too.
inline bobbin::task<int> run_until_stopped(std::string waypoint, std::string ledger, int number) {
    record(ledger, number);
    arrive(waypoint);
    try {
        co_await until_stopped();
    } catch (const bobbin::cancelled&) {
        record(ledger, -number);
        throw;
    }
    co_return number;
}
inline constexpr bobbin::fn<&run_until_stopped> runs_until_stopped;

// --- what tests ask ---

// The text of what a call throws, "" for nothing.
template <class F>
std::string what_it_throws(F call) {
    try {
        call();
    } catch (const std::exception& e) {
        return e.what();
    }
    return "";
}

inline std::string what_of(const std::exception_ptr& error) {
    return error == nullptr ? "" : what_it_throws([&error] { std::rethrow_exception(error); });
}

inline bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

// Jobs that hold all workers of a pool at a waypoint, so that others are pending.
template <class Pool>
std::vector<bobbin::job<int>> hold_all_workers(Pool& pool, const waypoint& at, const ledger& seen) {
    std::vector<bobbin::job<int>> holding;
    for (unsigned i = 0; i < pool.size(); ++i)
        holding.push_back(pool.submit(held(), at.path(), seen.path(), 1'000'000));
    REQUIRE(at.await_arrivals(pool.size()));
    return holding;
}

// Errors that nobody awaited, while it exists. One at a time.
class error_log {
public:
    error_log() {
        current() = this;
        bobbin::set_error_handler([](std::exception_ptr error) noexcept {
            auto& own = *current();
            const std::lock_guard lock(own.mutex_);
            own.texts_.push_back(what_of(error));
            own.changed_.notify_one();
        });
    }
    error_log(const error_log&) = delete;
    error_log& operator=(const error_log&) = delete;
    ~error_log() { bobbin::set_error_handler(nullptr); }

    std::vector<std::string> texts() const {
        const std::lock_guard lock(mutex_);
        return texts_;
    }
    // Blocks until there are so many.
    std::vector<std::string> await(std::size_t count) const {
        constexpr std::chrono::seconds patience{60};
        std::unique_lock lock(mutex_);
        changed_.wait_for(lock, patience, [&] { return texts_.size() >= count; });
        return texts_;
    }

private:
    static error_log*& current() {
        static error_log* only = nullptr;
        return only;
    }

    mutable std::mutex mutex_;
    mutable std::condition_variable changed_;
    std::vector<std::string> texts_;
};

}  // namespace test
