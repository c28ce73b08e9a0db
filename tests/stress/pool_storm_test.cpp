// Goal: a pool whose workers are killed all the time loses no job, does none twice, gives none
// another's result, and fails only those that a killed worker had claimed; and it still does at
// least half of what it does in peace. Method: jobs of 100 µs, each of which notes in a ledger that
// it was executed, and where; every 10 ms a random worker gets SIGKILL. BOBBIN_STORM_SECONDS is how
// long; BOBBIN_STORM_PAIRS, if given, how often storm and quiet are compared.
#include <bobbin/ipc/process_pool.hpp>
#include <bobbin/ipc/worker_died.hpp>
#include <bobbin/runtime/fn.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <deque>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <fstream>
#include <optional>
#include <random>
#include <string>
#include <sys/syscall.h>
#include <thread>
#include <unistd.h>
#include <unordered_map>
#include <utility>
#include <vector>

namespace ipc = bobbin::ipc;
using namespace std::chrono_literals;
using std::chrono::steady_clock;

namespace {

struct execution {
    std::uint64_t job;
    std::uint32_t attempt;  // the first is 1, as there are no retries here
    std::int32_t worker;
};

// Written by all workers, each time in one piece at the end.
class ledger {
public:
    ledger() {
        const int file = ::mkstemp(path_.data());
        REQUIRE(file >= 0);
        ::close(file);
    }
    ledger(const ledger&) = delete;
    ledger& operator=(const ledger&) = delete;
    ~ledger() { ::unlink(path_.c_str()); }
    [[nodiscard]] const std::string& path() const noexcept { return path_; }
    [[nodiscard]] std::vector<execution> read() const {
        std::ifstream file(path_, std::ios::binary);
        std::vector<execution> all;
        for (execution each{}; file.read(reinterpret_cast<char*>(&each), sizeof each);)
            all.push_back(each);
        return all;
    }

private:
    std::string path_ = "/tmp/bobbin-storm-XXXXXX";
};

std::uint64_t result_of(std::uint64_t job) {
    return job * 0x9e3779b97f4a7c15U;
}

std::uint64_t work(const std::string& path, std::uint64_t job) {
    const auto end = steady_clock::now() + 100us;
    static const int file = ::open(path.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
    const execution done{.job = job, .attempt = 1, .worker = ::getpid()};
    if (::write(file, &done, sizeof done) != sizeof done) std::abort();
    while (steady_clock::now() < end) continue;
    return result_of(job);
}
int parent_pid() {
    return ::getppid();
}
inline constexpr bobbin::fn<&work> works;
inline constexpr bobbin::fn<&parent_pid> server_of_worker;

// Kills one of the server's children every 10 ms.
class storm {
public:
    explicit storm(pid_t server)
        : children_("/proc/" + std::to_string(server) + "/task/" + std::to_string(server) +
                    "/children"),
          thread_([this] { run(); }) {
        REQUIRE(server > 1);
    }
    storm(const storm&) = delete;
    storm& operator=(const storm&) = delete;
    ~storm() { end(); }

    // Whom it has killed.
    const std::vector<pid_t>& end() {
        over_ = true;
        if (thread_.joinable()) thread_.join();
        return killed_;
    }

private:
    void run() {
        for (auto next = steady_clock::now() + 10ms; !over_; next += 10ms) {
            std::this_thread::sleep_until(next);
            const auto workers = read_children();
            if (workers.empty()) continue;
            const pid_t one = workers[random_() % workers.size()];
            const auto pidfd = static_cast<int>(::syscall(SYS_pidfd_open, one, 0));
            if (pidfd < 0) continue;
            // Still a worker, so it is this one that the descriptor means.
            if (std::ranges::count(read_children(), one) == 1 &&
                ::syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, nullptr, 0) == 0)
                killed_.push_back(one);
            ::close(pidfd);
        }
    }
    [[nodiscard]] std::vector<pid_t> read_children() const {
        std::ifstream file(children_);
        std::vector<pid_t> all;
        for (pid_t each = 0; file >> each;) all.push_back(each);
        return all;
    }

    const std::string children_;
    std::atomic<bool> over_{false};
    std::vector<pid_t> killed_;
    std::mt19937 random_{1};
    std::thread thread_;
};

struct tally {
    std::uint64_t jobs = 0;
    std::uint64_t failed = 0;
    std::uint64_t wrong = 0;      // another job's result
    std::uint64_t innocent = 0;   // failed, and no killed worker had claimed them, or one two
    std::uint64_t lost = 0;       // have a result and were not executed
    std::uint64_t duplicate = 0;  // executed twice
    std::uint64_t kills = 0;
    double per_second = 0;
};

// What has failed, and in which worker that was.
using failures = std::unordered_map<std::uint64_t, pid_t>;

void take(const bobbin::job<std::uint64_t>& job, std::uint64_t number, tally& sum,
          failures& failed) {
    try {
        if (job.get() != result_of(number)) ++sum.wrong;
    } catch (const ipc::worker_died& death) {
        failed.emplace(number, death.worker());
        if (!death.status() || death.status()->signal != SIGKILL) ++sum.innocent;
    }
}

void audit(const ledger& book, const std::vector<pid_t>& killed, const failures& failed,
           tally& sum) {
    std::vector<pid_t> executed_by(sum.jobs, 0);
    for (const execution& each : book.read()) {
        pid_t& by = executed_by.at(each.job);
        if (by != 0) ++sum.duplicate;
        by = each.worker;
    }
    std::unordered_map<pid_t, int> claimed_by;
    for (const auto& [number, worker] : failed) {
        const bool was_killed = std::ranges::count(killed, worker) > 0;
        const bool elsewhere = executed_by[number] != 0 && executed_by[number] != worker;
        if (!was_killed || elsewhere || ++claimed_by[worker] > 1) ++sum.innocent;
    }
    for (std::uint64_t i = 0; i < sum.jobs; ++i)
        if (executed_by[i] == 0 && !failed.contains(i)) ++sum.lost;
    sum.failed = failed.size();
    sum.kills = killed.size();
}

tally run(bool stormy, std::chrono::duration<double> how_long) {
    const ledger book;
    ipc::process_pool_options options(2);
    options.restart_intensity.most = 1'000'000;
    ipc::process_pool pool(options);
    const pid_t server = pool.submit(server_of_worker).get();

    tally sum;
    failures failed;
    std::deque<std::pair<std::uint64_t, bobbin::job<std::uint64_t>>> under_way;
    const auto take_first = [&] {
        take(under_way.front().second, under_way.front().first, sum, failed);
        under_way.pop_front();
    };
    std::optional<storm> outside;
    if (stormy) outside.emplace(server);
    const auto start = steady_clock::now();
    while (steady_clock::now() - start < how_long) {
        constexpr std::size_t window = 256;
        while (under_way.size() < window) {
            const auto number = sum.jobs++;
            under_way.emplace_back(number, pool.submit(works, book.path(), number));
        }
        take_first();
    }
    while (!under_way.empty()) take_first();
    sum.per_second = static_cast<double>(sum.jobs) /
                     std::chrono::duration<double>(steady_clock::now() - start).count();
    audit(book, outside ? outside->end() : std::vector<pid_t>(), failed, sum);
    return sum;
}

void check(const tally& sum) {
    CHECK(sum.wrong == 0);
    CHECK(sum.innocent == 0);
    CHECK(sum.lost == 0);
    CHECK(sum.duplicate == 0);
    CHECK(sum.failed <= sum.kills);
}

int from_environment(const char* name, int otherwise) {
    const char* const text = std::getenv(name);
    return text == nullptr ? otherwise : std::atoi(text);
}

}  // namespace

TEST_CASE("in a storm of kills each job is done once, or fails with the worker that had it") {
    const tally sum = run(true, std::chrono::seconds(from_environment("BOBBIN_STORM_SECONDS", 3)));
    MESSAGE(sum.jobs << " jobs, " << sum.kills << " kills, " << sum.failed << " failed with them; "
                     << sum.per_second << " jobs/s");
    CHECK(sum.kills > 10);
    check(sum);
}

TEST_CASE("in a storm a pool does at least half of what it does in peace") {
    const int pairs = from_environment("BOBBIN_STORM_PAIRS", 0);
    if (pairs == 0) return;
    std::vector<double> ratios;
    for (int i = 0; i < pairs; ++i) {
        std::array<tally, 2> both;
        for (const bool stormy : {i % 2 == 0, i % 2 != 0}) both[stormy ? 1 : 0] = run(stormy, 4s);
        for (const tally& each : both) check(each);
        ratios.push_back(both[1].per_second / both[0].per_second);
        MESSAGE("storm " << both[1].per_second << " jobs/s (" << both[1].kills << " kills, "
                         << both[1].failed << " failed), quiet " << both[0].per_second
                         << " jobs/s: " << ratios.back());
    }
    std::ranges::sort(ratios);
    const double median = ratios[ratios.size() / 2];
    MESSAGE("median of " << pairs << ": " << median);
    CHECK(median >= 0.5);
}
