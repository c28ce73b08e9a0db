// Goal: a queue survives the death of any of its users at any moment: it stays usable, no committed
// item is lost but the one that a victim had popped, none comes twice, and those who wait are
// woken. Method: one producer and one consumer live through it all; beside them, one victim after
// the other puts or gets until it is killed, at a random moment or, in a build that has them, at
// every fault point. After each death both survivors have to get on. BOBBIN_KILLS is the number of
// deaths.
#include <bobbin/ipc/process.hpp>
#include <bobbin/ipc/shared_queue.hpp>
#include <bobbin/runtime/detail/os/fault_point.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <doctest/doctest.h>
#include <memory>
#include <random>
#include <string>
#include <sys/mman.h>
#include <thread>

namespace ipc = bobbin::ipc;
using namespace std::chrono_literals;

namespace {

// An item carries its number three times, so that a torn one shows.
struct item {
    std::uint32_t producer;
    std::uint32_t number;
    std::array<std::uint64_t, 8> copies;
};

item make_item(std::uint32_t producer, std::uint32_t number) {
    item made{producer, number, {}};
    for (auto& each : made.copies) each = std::uint64_t{producer} << 32U | number;
    return made;
}
bool is_whole(const item& one) {
    for (const auto each : one.copies)
        if (each != (std::uint64_t{one.producer} << 32U | one.number)) return false;
    return true;
}

constexpr std::uint32_t most_items = 4096;  // of a victim

// What a victim has put, and which of it came out, by anybody.
struct account {
    std::atomic<std::uint32_t> put;  // completed
    std::atomic<std::uint64_t> got[most_items / 64];
};

struct ledger {
    std::atomic<std::uint64_t> survivor_put;
    std::atomic<std::uint64_t> survivor_got;  // of the survivor's
    std::atomic<std::uint64_t> consumer_steps;
    std::atomic<std::uint64_t> doubled;
    std::atomic<std::uint64_t> torn;
    std::atomic<bool> done;
    account victims[1];  // NOLINT: as many as there are deaths
};

// Memory that all processes of the test share, without anything of ours.
template <class T>
T* shared_memory(std::size_t bytes) {
    void* const memory = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                                MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    REQUIRE(memory != MAP_FAILED);
    return static_cast<T*>(memory);
}

struct world {
    explicit world(unsigned deaths)
        : most_victims(deaths),
          book(shared_memory<ledger>(sizeof(ledger) + deaths * sizeof(account))) {}
    world(const world&) = delete;
    world& operator=(const world&) = delete;
    ~world() { ::munmap(book, sizeof(ledger) + most_victims * sizeof(account)); }

    void take(const item& one) const {
        if (!is_whole(one)) book->torn.fetch_add(1);
        if (one.producer == 0) {
            book->survivor_got.fetch_add(1);
            return;
        }
        auto& word = book->victims[one.producer - 1].got[one.number / 64];
        const std::uint64_t bit = std::uint64_t{1} << one.number % 64;
        if ((word.fetch_or(bit) & bit) != 0) book->doubled.fetch_add(1);
    }

    const unsigned most_victims;
    ledger* const book;
    ipc::shared_queue<item> queue{1024};  // 11 items
};

void produce_until_done(const world& in) {
    auto queue = in.queue;
    for (std::uint32_t n = 0; !in.book->done.load(); ++n) {
        if (!queue.put_for(make_item(0, n), 10s)) std::abort();
        in.book->survivor_put.fetch_add(1);
    }
}

void consume_until_closed(const world& in) {
    auto queue = in.queue;
    for (;;) {
        const auto one = queue.get_for(10s);
        if (!one) std::abort();
        in.take(*one);
        in.book->consumer_steps.fetch_add(1);
    }
}

enum class role { producer, consumer, end };

// A victim's life, which somebody else ends.
int live(const world& in, role as, unsigned own, const std::string& fault) {
#ifdef BOBBIN_FAULTS
    if (!fault.empty()) bobbin::detail::arm_fault(fault.c_str());
#else
    static_cast<void>(fault);
#endif
    auto queue = in.queue;
    for (std::uint32_t n = 0; n < most_items; ++n) {
        if (as == role::producer) {
            queue.put(make_item(own + 1, n));
            in.book->victims[own].put.store(n + 1);
        } else {
            in.take(queue.get());
        }
    }
    return 0;  // it was faster than its murderer
}

void await_progress(const std::atomic<std::uint64_t>& steps) {
    const auto seen = steps.load();
    const auto deadline = std::chrono::steady_clock::now() + 10s;
    while (steps.load() == seen) {
        REQUIRE(std::chrono::steady_clock::now() < deadline);
        std::this_thread::yield();
    }
}

struct totals {
    std::uint64_t lost = 0;
    std::uint64_t phantoms = 0;  // came out, but were never completely put
};

totals audit(const world& in, unsigned victims) {
    totals sum;
    sum.lost = in.book->survivor_put.load() - in.book->survivor_got.load();
    for (unsigned v = 0; v < victims; ++v) {
        const account& own = in.book->victims[v];
        const std::uint32_t put = own.put.load();
        for (std::uint32_t n = 0; n < most_items; ++n) {
            const bool got = (own.got[n / 64].load() >> n % 64 & 1U) != 0;
            if (n < put && !got) ++sum.lost;
            if (n > put && got) ++sum.phantoms;  // the one at `put` may have been committed
        }
    }
    return sum;
}

// `end_of(victim, i)` lets the i-th victim end; it has begun.
template <class FaultOf, class End>
void run_deaths(unsigned deaths, FaultOf fault_of, End end) {
    const world in(deaths);
    auto producer = ipc::process::forked([&] { produce_until_done(in); });
    auto consumer = ipc::process::forked([&] {
        try {
            consume_until_closed(in);
        } catch (const ipc::queue_closed&) {
        }
    });
    unsigned killed_consumers = 0;
    for (unsigned i = 0; i < deaths; ++i) {
        const auto as = static_cast<role>(i % static_cast<unsigned>(role::end));
        auto victim = ipc::process::forked([&] { return live(in, as, i, fault_of(i)); });
        end(victim);
        if (victim.join().signal != 0 && as == role::consumer) ++killed_consumers;
        await_progress(in.book->survivor_put);
        await_progress(in.book->consumer_steps);
    }
    in.book->done = true;
    CHECK(producer.join().ok());
    auto queue = in.queue;
    queue.close();
    CHECK(consumer.join().ok());

    const totals sum = audit(in, deaths);
    MESSAGE(deaths << " deaths, " << sum.lost << " items gone with " << killed_consumers
                   << " killed consumers, " << in.book->survivor_got.load() << " passed beside");
    CHECK(sum.lost <= killed_consumers);
    CHECK(sum.phantoms == 0);
    CHECK(in.book->doubled.load() == 0);
    CHECK(in.book->torn.load() == 0);
}

unsigned deaths() {
    const char* const text = std::getenv("BOBBIN_KILLS");
    return text == nullptr ? 300 : static_cast<unsigned>(std::atoi(text));
}

}  // namespace

TEST_CASE("a queue survives kills at random moments") {
    std::mt19937 random(1);
    std::uniform_int_distribution<int> microseconds(0, 300);
    run_deaths(
        deaths(), [](unsigned) { return std::string(); },
        [&](ipc::process& victim) {
            const auto until =
                std::chrono::steady_clock::now() + std::chrono::microseconds(microseconds(random));
            while (std::chrono::steady_clock::now() < until) continue;
            victim.kill();
        });
}

#ifdef BOBBIN_FAULTS
TEST_CASE("a queue survives a kill at every point, at its first passages and at later ones") {
    for (const std::string point :
         {"event_count.prepared", "event_count.flagged", "queue.partly_written", "queue.written",
          "queue.pushed", "queue.read", "queue.popped", "lock.from_the_dead",
          "fair_lock.first_in_line", "fair_lock.has_both", "*"}) {
        CAPTURE(point);
        run_deaths(
            deaths() / 10,
            [&](unsigned i) { return point + ":kill9:n=" + std::to_string(1 + i / 2 % 50); },
            [](ipc::process& victim) {
                // Some points are passed only when things go that way.
                if (!victim.join_for(20ms)) victim.kill();
            });
    }
}
#endif
