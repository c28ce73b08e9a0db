// What jobs leave behind for a test to see, whatever process they ran in: lines in a file, and
// places on the way where they stop until the test lets them go.
#pragma once

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <fstream>
#include <poll.h>
#include <string>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>
#include <vector>

namespace test {

// The first result of a system call that no signal has interrupted.
template <class Call>
auto uninterrupted(Call call) {
    for (;;) {
        const auto result = call();
        if (result != -1 || errno != EINTR) return result;
    }
}

[[noreturn]] inline void fail_with_errno(const char* what) {
    throw std::system_error(errno, std::generic_category(), what);
}

// Files order what their writers did before what their readers do after. The memory model knows
// nothing of that, and ThreadSanitizer neither: so it is said here, for threads of one process.
inline std::atomic<unsigned> handed_on{0};
inline void hand_on() noexcept {
    handed_on.fetch_add(1, std::memory_order_release);  // with take_over
}
inline void take_over() noexcept {
    static_cast<void>(handed_on.load(std::memory_order_acquire));  // with hand_on
}

// A file of its own in /tmp. Jobs are given its path, and write a line with `record`.
class ledger {
public:
    ledger() {
        const int file = ::mkstemp(path_.data());
        if (file < 0) fail_with_errno("mkstemp");
        ::close(file);
    }
    ledger(const ledger&) = delete;
    ledger& operator=(const ledger&) = delete;
    ~ledger() { ::unlink(path_.c_str()); }

    const std::string& path() const noexcept { return path_; }

    // In the order in which they were written.
    std::vector<int> entries() const {
        std::ifstream file(path_);
        std::vector<int> all;
        for (int each = 0; file >> each;) all.push_back(each);
        take_over();
        return all;
    }
    std::size_t size() const { return entries().size(); }
    std::size_t count(int entry) const {
        const auto all = entries();
        return static_cast<std::size_t>(std::ranges::count(all, entry));
    }
    bool has(int entry) const { return count(entry) > 0; }

private:
    std::string path_ = "/tmp/bobbin-ledger-XXXXXX";
};

// For jobs: one line, in one write, so that lines are never mixed.
inline void record(const std::string& path, int entry) {
    const int file = ::open(path.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
    if (file < 0) fail_with_errno("open ledger");
    const std::string line = std::to_string(entry) + '\n';
    hand_on();
    const bool ok = ::write(file, line.data(), line.size()) == static_cast<ssize_t>(line.size());
    ::close(file);
    if (!ok) fail_with_errno("write to ledger");
}

// For jobs: how often an entry was written so far.
inline int times_recorded(const std::string& path, int entry) {
    std::ifstream file(path);
    int times = 0;
    for (int each = 0; file >> each;)
        if (each == entry) ++times;
    take_over();
    return times;
}

// Where jobs say that they are there, and wait until the test lets them go: two FIFOs. Once the
// object is gone, nobody waits there any more; so make it after the pool, or jobs of a failed test
// would never end.
class waypoint {
public:
    waypoint() {
        if (::mkdtemp(path_.data()) == nullptr) fail_with_errno("mkdtemp");
        arrivals_ = open_fifo("/arrivals");
        passes_ = open_fifo("/passes");
    }
    waypoint(const waypoint&) = delete;
    waypoint& operator=(const waypoint&) = delete;
    ~waypoint() {
        open();
        ::unlink((path_ + "/arrivals").c_str());
        ::close(arrivals_);
        ::rmdir(path_.c_str());
    }

    const std::string& path() const noexcept { return path_; }

    // Blocks until that many more jobs have come; false if they take longer than a test may.
    [[nodiscard]] bool await_arrivals(std::size_t jobs) const {
        for (; jobs > 0; --jobs) {
            constexpr int patience_ms = 60'000;
            pollfd one = {.fd = arrivals_, .events = POLLIN, .revents = 0};
            char mark = 0;
            const auto came = [&] { return ::poll(&one, 1, patience_ms); };
            const auto taken = [&] { return ::read(arrivals_, &mark, 1); };
            if (uninterrupted(came) != 1 || uninterrupted(taken) != 1) return false;
        }
        take_over();
        return true;
    }

    // Lets jobs go on, those that wait or later ones.
    void let_go(std::size_t jobs = 1) const {
        const std::string marks(jobs, '+');
        hand_on();
        if (::write(passes_, marks.data(), jobs) != static_cast<ssize_t>(jobs))
            fail_with_errno("write to waypoint");
    }

    // Lets all go on, from now on.
    void open() noexcept {
        if (passes_ < 0) return;
        hand_on();
        ::unlink((path_ + "/passes").c_str());
        ::close(std::exchange(passes_, -1));
    }

private:
    // For both directions, so that the FIFO always has a reader and a writer.
    int open_fifo(const char* name) const {
        const std::string path = path_ + name;
        if (::mkfifo(path.c_str(), S_IRUSR | S_IWUSR) != 0) fail_with_errno("mkfifo");
        const int end = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
        if (end < 0) fail_with_errno("open FIFO");
        return end;
    }

    std::string path_ = "/tmp/bobbin-waypoint-XXXXXX";
    int arrivals_ = -1;
    int passes_ = -1;
};

// For jobs: that this one has come to the waypoint.
inline void arrive(const std::string& path) {
    const int end = ::open((path + "/arrivals").c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC);
    if (end < 0) return;  // the test is over
    hand_on();
    static_cast<void>(!::write(end, "+", 1));
    ::close(end);
}

// For jobs: that, and waits to be let go.
inline void stop_at(const std::string& path) {
    arrive(path);
    // Not blocking, or it would wait for a writer if the waypoint is opened just now.
    const int end = ::open((path + "/passes").c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (end >= 0) {
        ::fcntl(end, F_SETFL, 0);
        char mark = 0;
        uninterrupted([&] { return ::read(end, &mark, 1); });
        ::close(end);
    }
    take_over();
}

}  // namespace test
