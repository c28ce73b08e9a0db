// Goal: what is put is got, once, whole and in order, whoever puts and gets; and nobody waits for
// what can't come. Method: real processes, forked by this one, which has no threads here.
#include "await.hpp"

#include <bobbin/ipc/process.hpp>
#include <bobbin/ipc/shared_queue.hpp>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <doctest/doctest.h>
#include <map>
#include <numeric>
#include <string>
#include <sys/resource.h>
#include <sys/wait.h>
#include <utility>
#include <vector>

namespace ipc = bobbin::ipc;
using namespace std::chrono_literals;

namespace {

struct message {
    int producer;
    int number;
    std::uint64_t filled[6];

    message() : message(0, 0) {}
    message(int from, int n) : producer(from), number(n) {
        for (auto& each : filled) each = mix();
    }
    std::uint64_t mix() const {
        return static_cast<std::uint64_t>(producer) * 1'000'003 +
               static_cast<std::uint64_t>(number);
    }
    bool is_whole() const {
        return std::ranges::all_of(filled, [this](auto each) { return each == mix(); });
    }
};

// For children: what they check is their exit code.
template <class Error, class F>
int fails_with(F function) {
    try {
        function();
        return 1;
    } catch (const Error&) {
        return 0;
    }
}

}  // namespace

template <>
inline constexpr bool bobbin::ipc::bytewise<message> = true;

TEST_CASE("items come out as they went in, in order") {
    ipc::shared_queue<std::string> queue;
    for (const std::string each : {"one", "", "three"}) queue.put(each);
    CHECK(queue.get() == "one");
    CHECK(queue.get().empty());
    CHECK(queue.get() == "three");
    CHECK(queue.empty());
}

TEST_CASE("a small ring wraps at every byte") {
    ipc::shared_queue<std::string> queue(64);
    CHECK(queue.capacity() == 64);
    for (std::size_t size = 0; size < 56; ++size) {
        const std::string text(size % 40, static_cast<char>('a' + size % 26));
        queue.put(text);
        CHECK(queue.get() == text);
    }
}

TEST_CASE("a queue holds exactly as much as it has room for, and then says no") {
    ipc::shared_queue<std::uint64_t> queue(64);
    for (std::uint64_t i = 0; i < 4; ++i) CHECK(queue.try_put(i));
    CHECK_FALSE(queue.try_put(4));
    CHECK_FALSE(queue.put_for(4, 1ms));
    CHECK(queue.bytes_used() == 64);
    CHECK(queue.get() == 0);
    CHECK(queue.try_put(4));
}

TEST_CASE("an item as large as the capacity passes, a larger one is an error that names both") {
    ipc::shared_queue<std::string> queue(1024);
    const std::string largest(1024 - 16, 'x');  // 8 bytes for its length, 8 for the message's
    queue.put("moves the start");
    queue.get();
    queue.put(largest);
    CHECK(queue.get() == largest);
    try {
        queue.put(largest + "y");
        FAIL("it was put");
    } catch (const ipc::too_large& error) {
        CHECK(error.message() == 1024 - 7);
        CHECK(error.capacity() == 1024 - 8);
        CHECK(std::string(error.what()).find("capacity of 1016 bytes") != std::string::npos);
    }
    CHECK(queue.empty());
}

TEST_CASE("children put, the parent gets: each item once") {
    ipc::shared_queue<std::pair<pid_t, int>> queue;
    std::vector<ipc::process> children;
    for (int i = 0; i < 10; ++i)
        children.push_back(ipc::process::forked([&queue, i] { queue.put({::getpid(), i}); }));
    // Joining before getting is no deadlock, as it is with Python's.
    for (auto& child : children) CHECK(child.join().ok());
    std::map<pid_t, int> got;
    for (int i = 0; i < 10; ++i) got.insert(queue.get());
    for (int i = 0; i < 10; ++i) CHECK(got[children[static_cast<std::size_t>(i)].pid()] == i);
}

TEST_CASE("8 producers and 8 consumers: nothing is lost, doubled, torn or out of order") {
    constexpr int each = 20'000;
    ipc::shared_queue<message> queue(1U << 14U);
    std::vector<ipc::process> children;
    for (int p = 0; p < 8; ++p)
        children.push_back(ipc::process::forked([&queue, p] {
            for (int n = 0; n < each; ++n) queue.put(message(p, n));
        }));
    ipc::shared_queue<std::vector<std::pair<int, int>>> results(1U << 24U);
    for (int c = 0; c < 8; ++c)
        children.push_back(ipc::process::forked([&] {
            std::vector<std::pair<int, int>> got;
            try {
                for (;;) {
                    const message one = queue.get();
                    if (!one.is_whole()) return 1;
                    got.emplace_back(one.producer, one.number);
                }
            } catch (const ipc::queue_closed&) {
            }
            results.put(got);
            return 0;
        }));
    for (std::size_t p = 0; p < 8; ++p) CHECK(children[p].join().ok());
    queue.close();
    std::vector<std::vector<int>> seen(8);
    for (int c = 0; c < 8; ++c) {
        std::vector<int> last(8, -1);
        for (const auto& [producer, number] : results.get()) {
            const auto p = static_cast<std::size_t>(producer);
            CHECK(number > last[p]);  // one consumer sees a producer's items in order
            last[p] = number;
            seen[p].push_back(number);
        }
    }
    for (std::size_t c = 8; c < 16; ++c) CHECK(children[c].join().ok());
    std::vector<int> all(each);
    std::iota(all.begin(), all.end(), 0);
    for (auto& one : seen) {
        std::ranges::sort(one);
        CHECK(one == all);
    }
}

TEST_CASE("a batch is put and got at once") {
    ipc::shared_queue<int> queue(64);
    std::vector<int> numbers(100);
    std::iota(numbers.begin(), numbers.end(), 0);
    auto producer = ipc::process::forked([&] { queue.put_all(numbers); });
    std::vector<int> got;
    while (got.size() < numbers.size()) {
        const auto some = queue.get_some(3);
        CHECK(!some.empty());
        CHECK(some.size() <= 3);
        got.insert(got.end(), some.begin(), some.end());
    }
    CHECK(got == numbers);
    CHECK(producer.join().ok());
}

TEST_CASE("a closed queue gives what is in it, then says that it is closed") {
    ipc::shared_queue<int> queue;
    queue.put(1);
    queue.close();
    queue.close();
    CHECK(queue.closed());
    CHECK_THROWS_AS(queue.put(2), ipc::queue_closed);
    CHECK(queue.get() == 1);
    CHECK_THROWS_AS(queue.get(), ipc::queue_closed);
    CHECK_THROWS_AS(static_cast<void>(queue.try_get()), ipc::queue_closed);
}

TEST_CASE("closing wakes those who wait for an item, and those who wait for room") {
    ipc::shared_queue<int> empty;
    ipc::shared_queue<int> full(64);
    while (full.try_put(1)) continue;
    std::vector<ipc::process> children;
    for (int i = 0; i < 3; ++i) {
        children.push_back(ipc::process::forked(
            [&] { return fails_with<ipc::queue_closed>([&] { empty.get(); }); }));
        children.push_back(ipc::process::forked(
            [&] { return fails_with<ipc::queue_closed>([&] { full.put(1); }); }));
    }
    for (const auto& child : children) REQUIRE(test::await_sleep(child.pid()));
    empty.close();
    full.close();
    for (auto& child : children) CHECK(child.join().ok());
}

TEST_CASE("a consumer whose producers have all died is told so") {
    ipc::shared_queue<int> queue;
    auto first = ipc::process::forked([&] {
        queue.put(1);
        std::raise(SIGKILL);
    });
    auto second = ipc::process::forked([] { ::pause(); });
    queue.expect(first.pid());
    queue.expect(second.pid());
    CHECK(queue.get() == 1);
    first.join();
    CHECK_FALSE(queue.try_get());
    auto waiting =
        ipc::process::forked([&] { return fails_with<ipc::producer_died>([&] { queue.get(); }); });
    second.kill();
    CHECK_THROWS_AS(queue.get(), ipc::producer_died);
    CHECK(waiting.join().ok());
    CHECK_THROWS_AS(static_cast<void>(queue.try_get()), ipc::producer_died);
    auto third = ipc::process::forked([&] { queue.put(3); });
    queue.expect(third.pid());
    CHECK(queue.get() == 3);
}

TEST_CASE("expecting a process that is none is an error") {
    ipc::shared_queue<int> queue;
    CHECK_THROWS_AS(queue.expect(0x7ffffff0), std::system_error);
}

TEST_CASE("a process that is killed while it waits for an item leaves the next its turn") {
    ipc::shared_queue<int> queue;
    auto victim = ipc::process::forked([&] { queue.get(); });
    REQUIRE(test::await_sleep(victim.pid()));
    auto heir = ipc::process::forked([&] { return queue.get(); });
    REQUIRE(test::await_sleep(heir.pid()));
    victim.kill();
    victim.join();
    queue.put(42);
    CHECK(heir.join().code == 42);
}

TEST_CASE("a deadline is kept while the one whose turn it is is stopped") {
    ipc::shared_queue<int> queue;
    auto stopped = ipc::process::forked([&] { queue.get(); });
    REQUIRE(test::await_sleep(stopped.pid()));
    ::kill(stopped.pid(), SIGSTOP);
    int status = 0;
    ::waitpid(stopped.pid(), &status, WUNTRACED);
    const auto start = std::chrono::steady_clock::now();
    CHECK_FALSE(queue.get_for(50ms));
    const auto waited = std::chrono::steady_clock::now() - start;
    CHECK(waited >= 50ms);
    CHECK(waited < 5s);
    stopped.kill();
}

TEST_CASE("a consumer that waits uses no processor") {
    ipc::shared_queue<int> queue;
    const auto cpu = [] {
        rusage used{};
        ::getrusage(RUSAGE_SELF, &used);
        return std::chrono::seconds(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
               std::chrono::microseconds(used.ru_utime.tv_usec + used.ru_stime.tv_usec);
    };
    const auto before = cpu();
    CHECK_FALSE(queue.get_for(300ms));
    CHECK(cpu() - before < 30ms);
}

TEST_CASE("an item that is no encoding of the type is an error once, and in nobody's way") {
    ipc::shared_queue<std::string> texts(1024);
    // The same bytes, read as another type.
    ipc::segment same = texts.memory();
    CHECK_THROWS_AS(ipc::shared_queue<int>(std::move(same)), ipc::wrong_segment);
}

TEST_CASE("any number of messages may have passed before") {
    // Positions and counts are those of a queue that has been used for long.
    ipc::shared_queue<int> queue(64);
    for (int i = 0; i < 100'000; ++i) {
        queue.put(i);
        if (queue.get() != i) FAIL("lost at " << i);
    }
}
