// Runs operations with their first allocation failing, then with their second, and so on until none
// fails; in a process of their own, so that one that aborts or hangs is seen, named, and counted.
//
// In main:      if (auto code = test::out_of_memory::run_here(argc, argv, all)) return *code;
// In a test:    test::out_of_memory::check(all);
#pragma once

#include "failing_allocations.hpp"

#include <array>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <doctest/doctest.h>
#include <functional>
#include <memory>
#include <optional>
#include <poll.h>
#include <span>
#include <spawn.h>
#include <string>
#include <string_view>
#include <sys/wait.h>
#include <system_error>
#include <thread>
#include <unistd.h>
#include <utility>

extern char** environ;  // NOLINT: POSIX declares it nowhere

namespace test::out_of_memory {

// `run` throws what it may throw for want of memory, and returns whether its results are right.
// What `make` returns is there for all the runs.
struct operation {
    std::string name;
    std::function<std::shared_ptr<void>()> make;
    std::function<bool(void*)> run;
};

// What the headers promise.
inline bool is_for_want_of_memory(const std::exception_ptr& error) {
    try {
        std::rethrow_exception(error);
    } catch (const std::bad_alloc&) {
        return true;
    } catch (const std::system_error& refused) {  // std::thread says that it is for the moment
        return refused.code() == std::errc::not_enough_memory ||
               refused.code() == std::errc::resource_unavailable_try_again;
    } catch (const std::exception& other) {
        return std::string_view(other.what()).find("bad_alloc") != std::string_view::npos;
    } catch (...) {
        return false;
    }
}
inline std::string text_of(const std::exception_ptr& error) {
    try {
        std::rethrow_exception(error);
    } catch (const std::exception& known) {
        return known.what();
    } catch (...) {
        return "something that is no std::exception";
    }
}

// --- in the process of its own ---

inline void say(const char* what, long nth, const std::string& more = {}) {
    std::printf("%s %ld %s\n", what, nth, more.c_str());
    std::fflush(stdout);
}

// When other threads have let go of what they still had.
inline long alive_at_rest() {
    long alive = test::allocations::alive();
    for (int quiet = 0; quiet < 200; ++quiet) {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
        const long now = test::allocations::alive();
        if (std::exchange(alive, now) != now) quiet = 0;
    }
    return alive;
}

inline void run_once(const operation& tried) {
    const auto made = tried.make ? tried.make() : nullptr;
    if (!tried.run(made.get())) say("wrong", -1);
}

// From the first-th allocation on.
inline int run(const operation& tried, long first) {
    for (int i = 0; i < 3; ++i) run_once(tried);
    const long before = alive_at_rest();
    auto made = tried.make ? tried.make() : nullptr;
    int without = 0;  // runs in which none failed: two, as threads don't allocate alike each time
    for (long nth = first; without < 2; ++nth) {
        say("at", nth);
        std::exception_ptr error;
        bool is_right = false;
        test::allocations::fail_after(nth);
        try {
            is_right = tried.run(made.get());
        } catch (...) {
            error = std::current_exception();
        }
        const bool failed = test::allocations::stop_failing();
        without = failed ? 0 : without + 1;
        if (failed) say("met", nth);
        if (error && !(failed && is_for_want_of_memory(error))) say("wrong", nth, text_of(error));
        if (!error && !is_right) say("wrong", nth);
        if (error && made) {  // it may be broken for good
            made.reset();
            made = tried.make();
        }
    }
    made.reset();
    const long after = alive_at_rest();
    if (after > before) say("leaks", after - before);
    say("done", 0);
    return 0;
}

inline std::optional<int> run_here(int argc, char** argv, std::span<const operation> all) {
    const std::span arguments(argv, static_cast<std::size_t>(argc));
    if (argc != 4 || std::string_view(arguments[1]) != "--out-of-memory") return std::nullopt;
    for (const operation& each : all)
        if (std::string_view(arguments[2]) == each.name) return run(each, std::stol(arguments[3]));
    return 1;
}

// --- in the test's process ---

class other_process {
public:
    other_process(const std::string& operation_name, long first) {
        std::array<int, 2> ends{};
        REQUIRE(::pipe(ends.data()) == 0);
        out_ = ends[0];
        posix_spawn_file_actions_t files;
        ::posix_spawn_file_actions_init(&files);
        ::posix_spawn_file_actions_adddup2(&files, ends[1], STDOUT_FILENO);
        ::posix_spawn_file_actions_addclose(&files, ends[0]);
        std::string nth = std::to_string(first);
        std::string name = operation_name;
        std::string mark = "--out-of-memory";
        std::string self = "/proc/self/exe";
        std::array<char*, 5> words = {self.data(), mark.data(), name.data(), nth.data(), nullptr};
        REQUIRE(::posix_spawn(&pid_, self.c_str(), &files, nullptr, words.data(), environ) == 0);
        ::posix_spawn_file_actions_destroy(&files);
        ::close(ends[1]);
    }
    other_process(const other_process&) = delete;
    other_process& operator=(const other_process&) = delete;
    ~other_process() {
        ::close(out_);
        if (pid_ > 0) end();
    }

    // Nothing: it has ended, or says nothing any more.
    std::optional<std::string> line(std::chrono::milliseconds patience) {
        for (;;) {
            if (const auto end = text_.find('\n'); end != std::string::npos) {
                std::string first = text_.substr(0, end);
                text_.erase(0, end + 1);
                return first;
            }
            pollfd more{.fd = out_, .events = POLLIN, .revents = 0};
            is_silent_ = ::poll(&more, 1, static_cast<int>(patience.count())) == 0;
            std::array<char, 4096> part{};
            const auto size = is_silent_ ? 0 : ::read(out_, part.data(), part.size());
            if (size <= 0) return std::nullopt;
            text_.append(part.data(), static_cast<std::size_t>(size));
        }
    }
    [[nodiscard]] bool is_silent() const noexcept { return is_silent_; }
    // Its wait status.
    int end() {
        if (is_silent_) ::kill(pid_, SIGKILL);
        int status = 0;
        ::waitpid(std::exchange(pid_, -1), &status, 0);
        return status;
    }

private:
    int out_ = -1;
    pid_t pid_ = -1;
    std::string text_;
    bool is_silent_ = false;
};

struct tally {
    long failed = 0;
    long aborts = 0;
    long hangs = 0;
    long wrong = 0;
    long leaks = 0;
};

inline tally try_out(const operation& tried) {
    constexpr std::chrono::seconds patience{30};
    tally all;
    for (long first = 0;;) {
        other_process process(tried.name, first);
        bool done = false;
        long nth = first;
        while (const auto line = process.line(patience)) {
            const auto is = [&](std::string_view word) { return line->starts_with(word); };
            if (is("at ")) nth = std::stol(line->substr(3));
            if (is("met ")) ++all.failed;
            if (is("done ")) done = true;
            if (is("leaks ")) all.leaks += std::stol(line->substr(6));
            if (is("wrong ")) {
                ++all.wrong;
                MESSAGE(tried.name << ", allocation " << *line);
            }
        }
        const bool hangs = process.is_silent();
        const int status = process.end();
        if (done && status == 0) return all;
        if (done) {  // a sanitizer's word on its leaks
            ++all.leaks;
            return all;
        }
        ++all.failed;
        ++(hangs ? all.hangs : all.aborts);
        MESSAGE(tried.name << std::string(hangs ? " hangs" : " ends the program")
                           << " at allocation " << nth);
        first = nth + 1;
        if (all.hangs + all.aborts > 1000) return all;
    }
}

// With the table of what was tried, for `-s`.
inline void check(std::span<const operation> all) {
    for (const operation& each : all) {
        const tally came = try_out(each);
        INFO(each.name << ": failed at " << came.failed << " allocations, ended the program "
                       << came.aborts << " times, hung " << came.hangs << ", was wrong "
                       << came.wrong << ", leaked " << came.leaks);
        CHECK(came.failed > 0);
        CHECK(came.aborts + came.hangs + came.wrong + came.leaks == 0);
    }
}

}  // namespace test::out_of_memory
