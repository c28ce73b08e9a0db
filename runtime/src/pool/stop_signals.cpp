// See stop_signals.hpp. The handler counts the signal and wakes a thread, which asks for the stop;
// what comes after the first is the signal's default action. All that it touches is lock-free, or a
// function that POSIX allows in a handler.
#include <bobbin/runtime/detail/os/held_signals.hpp>
#include <bobbin/runtime/detail/os/process_generation.hpp>
#include <bobbin/runtime/stop_signals.hpp>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <iostream>
#include <mutex>
#include <pthread.h>
#include <semaphore.h>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

namespace bobbin { inline namespace v0 {
namespace {

// Of the process that handles signals: a forked child finds the number of its parent here.
constinit std::atomic<::pid_t> handling_process{0};
constinit std::atomic<int> first_signal{0};
constinit std::atomic<bool> is_dismissed{false};
constinit std::atomic<bool> is_handled{false};
// Never destroyed: a handler may still be in there.
sem_t wake;
[[maybe_unused]] const int wake_made = ::sem_init(&wake, 0, 0);

bool is_own_process() noexcept {
    // Relaxed, as all here: it was stored before there was a handler.
    return handling_process.load(std::memory_order_relaxed) == ::getpid();
}

[[noreturn]] void end_by(int signal) noexcept {
    ::signal(signal, SIG_DFL);
    sigset_t only;
    ::sigemptyset(&only);
    ::sigaddset(&only, signal);
    ::pthread_sigmask(SIG_UNBLOCK, &only, nullptr);
    ::raise(signal);
    constexpr int as_shells_count = 128;
    ::_exit(as_shells_count + signal);
}

void handle(int signal) noexcept {
    int none = 0;
    if (!is_own_process() ||
        !first_signal.compare_exchange_strong(none, signal, std::memory_order_relaxed))
        end_by(signal);
    const int error = errno;
    ::sem_post(&wake);
    errno = error;
}

// As late as can be: after the static objects of the program.
[[gnu::destructor(101)]] void end_as_asked() {
    const int signal = first_signal.load(std::memory_order_relaxed);
    if (signal == 0 || is_dismissed.load(std::memory_order_relaxed) || !is_own_process()) return;
    std::cout.flush();
    std::fflush(nullptr);
    end_by(signal);
}

}  // namespace

// A thread that asks for the stop, and what the signals did before.
class stop_signals::watcher : public detail::left_to_parent {
public:
    watcher(std::initializer_list<int> signals) {
        before_.reserve(signals.size());
        try {
            for (const int each : signals) take(each);
        } catch (...) {
            give_back();
            throw;
        }
    }

    // In the process that it was made in.
    void end() noexcept {
        give_back();
        is_over_.store(true, std::memory_order_relaxed);
        if (!thread_.joinable()) return;
        ::sem_post(&wake);
        thread_.join();
    }

    void give_back() noexcept {
        for (const auto& [signal, action] : before_) ::sigaction(signal, &action, nullptr);
        before_.clear();
    }
    bool is_of_this_process() const noexcept { return home_.is_this(); }
    // Only now there is a thread: a pool may be made before that copies a process without any.
    std::stop_token token() {
        if (is_of_this_process()) start();
        return source_.get_token();
    }

private:
    void start() {
        const std::lock_guard lock(starting_);
        if (thread_.joinable()) return;
        const detail::held_signals held;
        thread_ = std::thread([this] { run(); });
    }

    void take(int signal) {
        struct sigaction old {};
        struct sigaction own {};
        own.sa_handler = handle;
        own.sa_flags = SA_RESTART;
        ::sigemptyset(&own.sa_mask);
        if (::sigaction(signal, nullptr, &old) != 0 ||
            (old.sa_handler != SIG_IGN && ::sigaction(signal, &own, nullptr) != 0))
            throw std::system_error(errno, std::generic_category(), "bobbin::stop_signals");
        if (old.sa_handler != SIG_IGN) before_.emplace_back(signal, old);
    }

    void run() noexcept {
        ::pthread_setname_np(::pthread_self(), "bobbin-signals");
        while (first_signal.load(std::memory_order_relaxed) == 0) {
            if (is_over_.load(std::memory_order_relaxed)) return;
            ::sem_wait(&wake);
        }
        source_.request_stop();
    }

    const detail::home_process home_;
    std::stop_source source_;
    std::vector<std::pair<int, struct sigaction>> before_;
    std::atomic<bool> is_over_{false};
    std::mutex starting_;
    std::thread thread_;
};

stop_signals::stop_signals(std::initializer_list<int> signals) {
    if (is_handled.exchange(true) && is_own_process())
        throw std::logic_error("bobbin::stop_signals: there is one already");
    handling_process.store(::getpid(), std::memory_order_relaxed);
    first_signal.store(0, std::memory_order_relaxed);
    is_dismissed.store(false, std::memory_order_relaxed);
    try {
        watcher_ = std::make_unique<watcher>(signals);
    } catch (...) {
        is_handled.store(false);
        throw;
    }
}

stop_signals::~stop_signals() {
    if (watcher_->is_of_this_process()) {
        watcher_->end();
        is_handled.store(false);
    } else {
        watcher_->give_back();
        watcher_.release()->leave_to_parent();
    }
}

std::stop_token stop_signals::token() const {
    return watcher_->token();
}

int stop_signals::received() const noexcept {
    return first_signal.load(std::memory_order_relaxed);
}

void stop_signals::dismiss() noexcept {
    is_dismissed.store(true, std::memory_order_relaxed);
}

}}  // namespace bobbin::v0
