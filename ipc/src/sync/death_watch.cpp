// See death_watch.hpp.
#include "sync/death_watch.hpp"

#include "os/doorbell.hpp"
#include "os/owned_descriptor.hpp"
#include "os/process_identity.hpp"
#include "os/quiet_thread.hpp"
#include "os/uninterrupted.hpp"

#include <bobbin/runtime/detail/os/memory_shortage.hpp>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <memory>
#include <mutex>
#include <optional>
#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <system_error>
#include <vector>

namespace bobbin { inline namespace v0 { namespace ipc::detail {
namespace {

using bobbin::detail::until_there_is_memory;

struct watched_process {
    std::uint64_t process;
    segment memory;
    event_count<>* number;
    owned_descriptor end;  // a pidfd
};

// All processes that this one watches. The thread is there as long as there is one. A process that
// nobody needs watched any more stays for a moment, as mostly the same queue is waited for next.
class death_watch {
public:
    void begin(const event_count<>* number) {
        const std::lock_guard lock(mutex_);
        awaited_.push_back(number);
    }
    void end(const event_count<>* number) noexcept {
        const std::lock_guard lock(mutex_);
        const auto found = std::ranges::find(awaited_, number);
        if (found == awaited_.end()) return;  // a parent's
        awaited_.erase(found);
        if (is_lingering_ || !running_ || is_awaited(number)) return;
        is_lingering_ = true;
        ring(changed_.get());  // if it is none any more, the watch stays
    }

    void add(watched_process each) {
        const std::lock_guard lock(mutex_);
        const auto is_same = [&](const watched_process& known) {
            return known.process == each.process && known.number == each.number;
        };
        if (std::ranges::any_of(all_, is_same)) return;
        if (!changed_) changed_ = owned_descriptor(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
        if (!changed_) throw std::system_error(errno, std::generic_category(), "bobbin: eventfd");
        all_.reserve(all_.size() + 1);
        if (!running_) start_quiet_thread("bobbin-death", [this] { run(); });
        running_ = true;
        all_.push_back(std::move(each));
        ring(changed_.get());
    }

    // Around a fork, so that the child finds what its parent's thread did last, and no half of it.
    void before_fork() { mutex_.lock(); }
    void after_fork() { mutex_.unlock(); }
    // The child has no such thread, and watches nothing of its parent's.
    void begin_child() {
        const std::lock_guard lock(mutex_, std::adopt_lock);
        all_.clear();
        awaited_.clear();
        is_lingering_ = false;
        dead_.clear();
        ends_.clear();
        changed_ = owned_descriptor();
        running_ = false;
    }

private:
    [[nodiscard]] bool is_awaited(const event_count<>* number) const noexcept {
        return std::ranges::find(awaited_, number) != awaited_.end();
    }

    void run() {
        for (bool linger_is_over = false;;) {
            std::optional<int> patience;
            until_there_is_memory([&] { patience = list_ends(linger_is_over); });
            if (!patience) return;
            // It may return for nothing, or fail: then the processes are looked at once more than
            // needed.
            linger_is_over = ::poll(ends_.data(), ends_.size(), *patience) == 0;
            take_rings(ends_.front().fd);
            until_there_is_memory([this] { take_out_the_dead(); });
        }
    }

    // How many milliseconds to wait for these ends, -1 for no limit; nothing: the thread ends.
    std::optional<int> list_ends(bool linger_is_over) {
        const std::lock_guard lock(mutex_);
        assert(running_);  // as long as the thread is there
        const auto is_left = [this](const watched_process& each) {
            return !is_awaited(each.number);
        };
        if (linger_is_over) std::erase_if(all_, is_left);
        is_lingering_ = std::ranges::any_of(all_, is_left);
        if (all_.empty()) {
            running_ = false;
            changed_ = owned_descriptor();
            return std::nullopt;
        }
        ends_.clear();
        ends_.push_back({.fd = changed_.get(), .events = POLLIN, .revents = 0});
        for (const watched_process& each : all_)
            ends_.push_back({.fd = each.end.get(), .events = POLLIN, .revents = 0});
        constexpr int moment = 100;
        return is_lingering_ ? moment : -1;
    }

    void take_out_the_dead() {
        {
            const std::lock_guard lock(mutex_);
            const auto lives = [](const watched_process& each) {
                pollfd end = watched(each.end.get());
                return ::poll(&end, 1, 0) != 1;  // nor is one dead of which that fails
            };
            const auto dead = std::ranges::partition(all_, lives);
            dead_.reserve(dead.size());  // before any is moved
            std::ranges::move(dead, std::back_inserter(dead_));
            all_.erase(dead.begin(), dead.end());
        }
        for (const watched_process& each : dead_) each.number->poke();
        const std::lock_guard lock(mutex_);
        dead_.clear();
    }

    std::mutex mutex_;
    std::vector<watched_process> all_;
    std::vector<const event_count<>*> awaited_;  // by each who waits, once
    bool is_lingering_ = false;                  // the thread will look for what nobody awaits
    // The thread's, which writes them under the mutex: so a forked child finds them whole.
    std::vector<watched_process> dead_;
    std::vector<pollfd> ends_;
    owned_descriptor changed_;
    bool running_ = false;
};

// Never destroyed, as its thread may outlive static objects.
death_watch* watch = new death_watch;
[[maybe_unused]] const int watch_at_fork = ::pthread_atfork(
    [] { watch->before_fork(); }, [] { watch->after_fork(); }, [] { watch->begin_child(); });

}  // namespace

death_watching::death_watching(const event_count<>& number) : number_(&number) {
    watch->begin(number_);
}
death_watching::~death_watching() {
    watch->end(number_);
}

void poke_at_death(std::uint64_t process, const segment& memory, event_count<>& number) {
    owned_descriptor end(static_cast<int>(::syscall(SYS_pidfd_open, number_of(process), 0)));
    if (!end && errno != ESRCH)
        throw std::system_error(errno, std::generic_category(), "bobbin: pidfd_open");
    // The number may be another's by now; the descriptor, once ours, is not.
    if (!end || !is_alive(process)) return number.poke();
    watch->add({process, memory, &number, std::move(end)});
}

}}}  // namespace bobbin::v0::ipc::detail
