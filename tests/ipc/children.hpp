// Child processes that stop where a test wants them, and what they are doing at the moment.
#pragma once

#include "await.hpp"

#include <bobbin/ipc/process.hpp>
#include <bobbin/ipc/segment.hpp>

#include <csignal>
#include <runtime/ledger.hpp>
#include <string>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace test {

// A process that does something and then stays there until it is killed. The constructor returns
// when it is there.
class staying_process {
public:
    template <std::invocable F>
    explicit staying_process(F what)
        : there_(),
          process_(bobbin::ipc::process::forked(
              [what = std::move(what), path = there_.path()]() mutable {
                  what();
                  arrive(path);
                  for (;;) ::pause();
              })) {
        REQUIRE(there_.await_arrivals(1));
    }
    staying_process(const staying_process&) = delete;
    staying_process& operator=(const staying_process&) = delete;
    ~staying_process() { process_.kill(); }

    void kill() {
        process_.kill();
        CHECK(process_.join().signal == SIGKILL);
    }
    void stop() const {
        ::kill(process_.pid(), SIGSTOP);
        siginfo_t info{};
        CHECK(::waitid(P_PID, static_cast<id_t>(process_.pid()), &info, WSTOPPED) == 0);
    }
    void go_on() const { ::kill(process_.pid(), SIGCONT); }

private:
    waypoint there_;
    bobbin::ipc::process process_;
};

[[nodiscard]] inline bool await_sleep(const bobbin::ipc::process& process) {
    return await_sleep(process.pid());
}

// Runs so many processes at once: all have started when the first begins.
template <class F>
void run_at_once(int count, F what) {
    waypoint start;
    std::vector<bobbin::ipc::process> all;
    for (int i = 0; i < count; ++i)
        all.push_back(bobbin::ipc::process::forked([what, i, path = start.path()]() mutable {
            stop_at(path);
            what(i);
        }));
    REQUIRE(start.await_arrivals(static_cast<std::size_t>(count)));
    // They have the pipe's other end too, so closing ours would tell them nothing.
    start.let_go(static_cast<std::size_t>(count));
    for (auto& each : all) CHECK(each.join().ok());
}

// What a child finds: its function returns whether all is well.
template <std::predicate F>
bool true_in_child(F what) {
    return bobbin::ipc::process::forked([&] { return what() ? 0 : 1; }).join().ok();
}

// How long something takes.
template <class F>
std::chrono::duration<double> time_of(F what) {
    const auto start = std::chrono::steady_clock::now();
    what();
    return std::chrono::steady_clock::now() - start;
}

// For names of segments that no other test uses at the same time.
class unique_name {
public:
    unique_name() : text_("bobbin-test-" + std::to_string(::getpid())) {}
    unique_name(const unique_name&) = delete;
    unique_name& operator=(const unique_name&) = delete;
    ~unique_name() { bobbin::ipc::segment::remove_named(text_); }
    [[nodiscard]] const std::string& text() const noexcept { return text_; }

private:
    std::string text_;
};

}  // namespace test
