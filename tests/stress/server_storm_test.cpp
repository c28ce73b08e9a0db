// Goal: pools that several threads make, stop and destroy, while their workers, the fork server and
// its replacements are killed and stopped at any moment: nothing hangs, a job fails only with the
// worker that had begun it, none is done twice or gets another's result, and nothing is left.
// Method: each job notes in a ledger that it was executed, and where; a thread sends SIGKILL, or
// SIGSTOP and then SIGCONT or SIGKILL, to random processes below this one. BOBBIN_STORM_SEEDS is
// how many storms, BOBBIN_STORM_SECONDS how long each.
#include <bobbin/ipc/process_pool.hpp>
#include <bobbin/ipc/worker_died.hpp>
#include <bobbin/runtime/errors.hpp>
#include <bobbin/runtime/fn.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <doctest/doctest.h>
#include <exception>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <mutex>
#include <random>
#include <sched.h>
#include <set>
#include <string>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

namespace ipc = bobbin::ipc;
using namespace std::chrono_literals;
using std::chrono::steady_clock;

namespace {

constexpr int users = 3;

struct execution {
    std::uint64_t job;
    std::int64_t worker;
};

std::uint64_t result_of(std::uint64_t job) {
    return job * 0x9e3779b97f4a7c15U;
}

std::uint64_t work(const std::string& path, std::uint64_t job) {
    static const int file = ::open(path.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
    const execution done{.job = job, .worker = ::getpid()};
    if (::write(file, &done, sizeof done) != sizeof done) std::abort();
    const auto end = steady_clock::now() + 50us;
    while (steady_clock::now() < end) continue;
    return result_of(job);
}
inline constexpr bobbin::fn<&work> works;

int number_from(const char* name, int otherwise) {
    const char* const text = std::getenv(name);
    return text == nullptr ? otherwise : std::atoi(text);
}

int below(int end, std::mt19937& random) {
    return std::uniform_int_distribution(0, end - 1)(random);
}

std::vector<pid_t> children_of(pid_t process) {
    std::vector<pid_t> all;
    std::error_code gone;
    const std::filesystem::directory_iterator threads("/proc/" + std::to_string(process) + "/task",
                                                      gone);
    for (const auto& each : threads) {
        std::ifstream file(each.path() / "children");
        for (pid_t child = 0; file >> child;) all.push_back(child);
    }
    return all;
}

// One of our descendants, by a descriptor that stays its own.
class victim {
public:
    victim(pid_t process, pid_t parent)
        : pidfd_(static_cast<int>(::syscall(SYS_pidfd_open, process, 0))) {
        // Still that parent's, so it is this one that the descriptor means.
        if (pidfd_ >= 0 && std::ranges::count(children_of(parent), process) == 0) forget();
    }
    victim(victim&& other) noexcept : pidfd_(std::exchange(other.pidfd_, -1)) {}
    victim& operator=(victim&& other) noexcept {
        std::swap(pidfd_, other.pidfd_);
        return *this;
    }
    ~victim() { forget(); }

    bool send(int signal) const {
        return pidfd_ >= 0 && ::syscall(SYS_pidfd_send_signal, pidfd_, signal, nullptr, 0) == 0;
    }

private:
    void forget() {
        if (pidfd_ >= 0) ::close(pidfd_);
        pidfd_ = -1;
    }
    int pidfd_;
};

// Until its end, which lets go of all that it has stopped.
class storm {
public:
    explicit storm(unsigned seed) : random_(seed), thread_([this] { run(); }) {}
    storm(const storm&) = delete;
    storm& operator=(const storm&) = delete;
    ~storm() { end(); }

    void end() {
        over_ = true;
        if (thread_.joinable()) thread_.join();
    }
    int kills = 0;
    int stops = 0;
    int at_servers = 0;

private:
    struct stopped {
        victim who;
        steady_clock::time_point until;
    };

    void run() {
        while (!over_) {
            std::this_thread::sleep_for(std::chrono::milliseconds(1 + below(15, random_)));
            release(steady_clock::now());
            // Every tenth at a server, and then mostly at the next one, as soon as it is seen.
            if (below(10, random_) == 0) {
                do hit_server();
                while (!over_ && below(2, random_) == 0);
            } else {
                hit_worker();
            }
        }
        release(steady_clock::time_point::max());
    }
    void hit_server() {
        for (int looks = 0; looks < 1000 && !over_; ++looks) {
            const auto servers = children_of(::getpid());
            if (!servers.empty()) {
                ++at_servers;
                return hit(victim(servers[random_() % servers.size()], ::getpid()));
            }
            ::sched_yield();
        }
    }
    void hit_worker() {
        for (const pid_t server : children_of(::getpid())) {
            const auto workers = children_of(server);
            if (!workers.empty()) return hit(victim(workers[random_() % workers.size()], server));
        }
    }
    void hit(victim who) {
        const bool kills_it = below(2, random_) == 0;
        if (!who.send(kills_it ? SIGKILL : SIGSTOP)) return;
        ++(kills_it ? kills : stops);
        if (kills_it) return;
        stopped_.push_back(
            {std::move(who), steady_clock::now() + std::chrono::milliseconds(below(40, random_))});
    }
    void release(steady_clock::time_point now) {
        std::erase_if(stopped_, [&](const stopped& each) {
            if (each.until > now) return false;
            each.who.send(below(2, random_) == 0 ? SIGKILL : SIGCONT);
            return true;
        });
    }

    std::atomic<bool> over_{false};
    std::mt19937 random_;
    std::vector<stopped> stopped_;
    std::thread thread_;
};

// What users of pools have seen. With a lock, but for the numbers of jobs.
struct tally {
    std::atomic<std::uint64_t> jobs{0};
    std::mutex mutex;
    int pools = 0;
    std::uint64_t done = 0;
    std::uint64_t cancelled = 0;
    std::map<std::uint64_t, pid_t> died;  // with which worker
    int wrong = 0;
    std::vector<std::string> errors;  // that no death of a job's worker explains

    void fails(const std::string& why) {
        const std::lock_guard lock(mutex);
        errors.push_back(why);
    }
    void take(const bobbin::job<std::uint64_t>& job, std::uint64_t number, bool stopped) {
        try {
            const bool right = job.get() == result_of(number);
            const std::lock_guard lock(mutex);
            ++done;
            if (!right) ++wrong;
        } catch (const ipc::worker_died& death) {
            if (death.status() && death.status()->signal != SIGKILL) fails(death.what());
            const std::lock_guard lock(mutex);
            died.emplace(number, death.worker());
        } catch (const bobbin::cancelled& error) {
            if (!stopped) return fails(error.what());
            const std::lock_guard lock(mutex);
            ++cancelled;
        } catch (const std::exception& error) {
            fails(error.what());
        }
    }
};

// One pool's life.
void use_pool(const std::string& path, std::mt19937& random, tally& sum) {
    std::vector<std::pair<std::uint64_t, bobbin::job<std::uint64_t>>> jobs;
    const bool stops = below(4, random) == 0;
    try {
        ipc::process_pool_options options(1U + static_cast<unsigned>(below(3, random)));
        options.restart_intensity.most = 1'000'000;
        ipc::process_pool pool(options);
        for (int left = below(300, random); left > 0; --left) {
            const auto number = sum.jobs++;
            jobs.emplace_back(number, pool.submit(works, path, number));
        }
        if (below(2, random) == 0 && !jobs.empty()) jobs.front().second.wait();
        if (stops) pool.stop();
    } catch (const std::exception& error) {
        sum.fails(error.what());
    }
    for (const auto& [number, job] : jobs) sum.take(job, number, stops);
    const std::lock_guard lock(sum.mutex);
    ++sum.pools;
}

void audit(const std::string& path, tally& sum) {
    std::map<std::uint64_t, pid_t> executed;
    std::ifstream file(path, std::ios::binary);
    for (execution each{}; file.read(reinterpret_cast<char*>(&each), sizeof each);)
        if (!executed.emplace(each.job, static_cast<pid_t>(each.worker)).second)
            sum.errors.emplace_back("a job was executed twice");
    std::set<pid_t> workers;
    for (const auto& [job, worker] : sum.died) {
        if (!workers.insert(worker).second)
            sum.errors.emplace_back("two jobs died with one worker");
        if (executed.contains(job) && executed[job] != worker)
            sum.errors.push_back("a job died with worker " + std::to_string(worker) + ", and " +
                                 std::to_string(executed[job]) + " had begun it");
    }
}

std::size_t entries_of(const char* folder) {
    const std::filesystem::directory_iterator all(folder);
    return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

struct belongings {
    std::size_t threads = entries_of("/proc/self/task");
    std::size_t descriptors = entries_of("/proc/self/fd");
    friend bool operator==(const belongings&, const belongings&) = default;
};

// A server without children, which is all that stays.
bool await_rest() {
    const auto end = steady_clock::now() + 20s;
    for (;;) {
        // Orphans are ours, and to be waited for.
        const auto ours = children_of(::getpid());
        std::size_t others = 0;
        for (const pid_t each : ours) {
            siginfo_t info{};
            if (::getpgid(each) != each)
                ::waitid(P_PID, static_cast<id_t>(each), &info, WEXITED | WNOHANG);
            others += ::getpgid(each) == each ? children_of(each).size() : 1;
        }
        if (ours.size() <= 1 && others == 0) return true;
        if (steady_clock::now() > end) return false;
        ::sched_yield();
    }
}

void run(unsigned seed, std::chrono::seconds how_long) {
    std::string path = "/tmp/bobbin-storm-XXXXXX";
    const int file = ::mkstemp(path.data());
    REQUIRE(file >= 0);
    ::close(file);
    const auto use_one = [&] {  // and so there is a server
        ipc::process_pool pool(1);
        return pool.submit(works, path, std::uint64_t{1} << 60U).get();
    };
    use_one();
    REQUIRE(await_rest());
    const belongings before;
    ::alarm(static_cast<unsigned>(how_long.count()) + 60);  // nothing hangs
    tally sum;
    int kills = 0;
    {
        storm outside(seed);
        const auto end = steady_clock::now() + how_long;
        {
            std::vector<std::jthread> all;
            for (unsigned i = 0; i < users; ++i)
                all.emplace_back([&, i] {
                    std::mt19937 random(seed * users + i);
                    while (steady_clock::now() < end) use_pool(path, random, sum);
                });
        }
        outside.end();
        kills = outside.kills;
        MESSAGE("seed " << seed << ": " << sum.pools << " pools, " << sum.jobs.load() << " jobs, "
                        << sum.done << " done, " << sum.died.size() << " died with their workers, "
                        << sum.cancelled << " cancelled; " << outside.kills << " kills, "
                        << outside.stops << " stops, " << outside.at_servers
                        << " of these at servers");
    }
    audit(path, sum);
    std::map<std::string, int> errors;
    for (const auto& each : sum.errors) ++errors[each];
    for (const auto& [what, count] : errors) MESSAGE(count << " times: " << what);
    CHECK(sum.errors.empty());
    CHECK(sum.wrong == 0);
    CHECK(kills > 0);
    use_one();  // or the server may be dead
    CHECK(await_rest());
    CHECK(belongings() == before);
    ::alarm(0);
    ::unlink(path.c_str());
}

}  // namespace

TEST_CASE("in a storm at workers and servers only those jobs fail that a dead worker had begun") {
    REQUIRE(::prctl(PR_SET_CHILD_SUBREAPER, 1) == 0);  // so that nothing left behind is overlooked
    const int first = number_from("BOBBIN_STORM_FIRST_SEED", 1);
    const int seeds = number_from("BOBBIN_STORM_SEEDS", 2);
    const std::chrono::seconds how_long(number_from("BOBBIN_STORM_SECONDS", 2));
    for (int seed = first; seed < first + seeds; ++seed) {
        CAPTURE(seed);
        run(static_cast<unsigned>(seed), how_long);
    }
}
