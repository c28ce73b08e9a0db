// See lifeline.hpp.
#include "os/lifeline.hpp"

#include "os/uninterrupted.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <mutex>
#include <poll.h>
#include <pthread.h>
#include <set>
#include <system_error>
#include <unistd.h>

namespace bobbin { inline namespace v0 { namespace ipc::detail {
namespace {

// All ends of this process, for a child that it forks: which must not keep its parent's children
// alive. Never destroyed, as static objects may have pools.
struct known_ends {
    std::mutex mutex;
    std::set<int> all;
};

known_ends& ends() {
    static auto* const own = new known_ends;
    return *own;
}

void forget_in_children() {
    static const int error =
        ::pthread_atfork([] { ends().mutex.lock(); }, [] { ends().mutex.unlock(); },
                         [] {
                             const std::lock_guard lock(ends().mutex, std::adopt_lock);
                             for (const int each : ends().all) ::close(each);
                             ends().all.clear();
                         });
    if (error != 0) throw std::system_error(error, std::generic_category(), "pthread_atfork");
}

}  // namespace

std::pair<lifeline, owned_descriptor> lifeline::make() {
    forget_in_children();
    const std::lock_guard lock(ends().mutex);  // no fork comes between
    std::array<int, 2> both{};
    if (::pipe2(both.data(), O_CLOEXEC | O_NONBLOCK) != 0)
        throw std::system_error(errno, std::generic_category(), "bobbin: pipe");
    owned_descriptor theirs(both[0]);
    owned_descriptor ours(both[1]);
    ends().all.insert(ours.get());
    return {lifeline(ours.release()), std::move(theirs)};
}

void lifeline::cut() const noexcept {
    if (end_ < 0 || !home_.is_this()) return;  // a child may have another one of that number
    const std::lock_guard lock(ends().mutex);
    if (ends().all.erase(end_) != 0) ::close(end_);
}

void hold_lifeline(int end) noexcept {
    pollfd closed{.fd = end, .events = 0, .revents = 0};
    if (::fcntl(end, F_SETOWN, ::getpid()) != 0 || ::fcntl(end, F_SETSIG, SIGKILL) != 0 ||
        ::fcntl(end, F_SETFL, O_ASYNC | O_NONBLOCK) != 0) {
        std::fprintf(stderr, "bobbin: process %d would outlive its application: %s\n", ::getpid(),
                     std::strerror(errno));
        ::_exit(1);
    }
    if (uninterrupted([&] { return ::poll(&closed, 1, 0); }) > 0) ::_exit(1);  // it has gone
}

}}}  // namespace bobbin::v0::ipc::detail
