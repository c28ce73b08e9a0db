// Shared objects, and much data, as arguments and results of jobs in other processes.
#include <bobbin/ipc/encoding.hpp>
#include <bobbin/ipc/errors.hpp>
#include <bobbin/ipc/event.hpp>
#include <bobbin/ipc/pipe.hpp>
#include <bobbin/ipc/process_pool.hpp>
#include <bobbin/ipc/segment.hpp>
#include <bobbin/ipc/shared_array.hpp>
#include <bobbin/ipc/shared_queue.hpp>
#include <bobbin/ipc/shared_value.hpp>
#include <bobbin/runtime/sync_wait.hpp>

#include <cstdlib>
#include <doctest/doctest.h>
#include <fstream>
#include <numeric>
#include <optional>
#include <stdexcept>
#include <string>
#include <sys/mman.h>
#include <thread>
#include <tuple>
#include <unistd.h>
#include <utility>
#include <vector>

using namespace bobbin;

namespace {

// Ends the process that decoded it.
struct fatal {
    bool was_decoded = false;
    fatal() = default;
    fatal(fatal&& other) noexcept : was_decoded(std::exchange(other.was_decoded, false)) {}
    fatal(const fatal& /*other*/) {}
    fatal& operator=(const fatal&) = delete;
    ~fatal() {
        if (was_decoded) std::abort();
    }
    template <class Archive>
    void serialize(Archive& /*archive*/) {
        was_decoded = Archive::is_loading::value;
    }
};

int waits_for_number(ipc::shared_value<int> value, int wanted) {
    while (value.load() != wanted) std::this_thread::yield();
    return wanted;
}
int value_of(ipc::shared_value<int> value) {
    return value.load();
}

// How often a segment is mapped here.
int mapped_segments() {
    std::ifstream maps("/proc/self/maps");
    int count = 0;
    for (std::string line; std::getline(maps, line);)
        if (line.find("memfd:bobbin") != std::string::npos) ++count;
    return count;
}

}  // namespace

TEST_CASE("jobs of all workers add to one shared value and one shared array") {
    ipc::process_pool pool(3);
    const ipc::shared_value<int> sum(0);
    const ipc::shared_array<long> counts(10);
    std::vector<std::tuple<ipc::shared_value<int>, ipc::shared_array<long>, int>> inputs;
    for (int i = 0; i < 100; ++i) inputs.emplace_back(sum, counts, i);
    sync_wait(pool.starmap(
        [](ipc::shared_value<int> total, const ipc::shared_array<long>& bins, int i) {
            total += i;
            ++bins[static_cast<std::size_t>(i % 10)];
        },
        inputs));
    CHECK(sum.load() == 4950);
    for (const auto count : counts) CHECK(count == 10);
}

TEST_CASE("a queue that jobs put into brings their items") {
    ipc::process_pool pool(2);
    ipc::shared_queue<std::string> queue(4096);
    const auto first = pool.submit(
        [](ipc::shared_queue<std::string> to, int id) { to.put("from " + std::to_string(id)); },
        queue, 1);
    CHECK(queue.get() == "from 1");
    first.get();
}

TEST_CASE("an end of a pipe is an argument too") {
    ipc::process_pool pool(1);
    ipc::pipe<int> line;
    const auto job = pool.submit(
        [](ipc::pipe_end<int> end) {
            const int number = end.get();
            end.put(2 * number);
        },
        line.second);
    line.first.put(21);
    CHECK(line.first.get() == 42);
    job.get();
}

TEST_CASE("a job gives back a shared object that it has made, and later ones get it") {
    ipc::process_pool pool(2);
    const ipc::shared_array<int> made = pool.submit([] {
                                                ipc::shared_array<int> array(1000);
                                                array[999] = 7;
                                                return array;
                                            })
                                            .get();
    CHECK(made[999] == 7);
    pool.submit([](const ipc::shared_array<int>& array) { array[999] += 1; }, made).get();
    CHECK(made[999] == 8);
}

TEST_CASE("shared objects may be inside of containers, and optional") {
    ipc::process_pool pool(2);
    const std::vector<ipc::event> events(3);
    const std::optional<ipc::event> none;
    pool.submit(
            [](const std::vector<ipc::event>& all, const std::optional<ipc::event>& last) {
                for (auto each : all) each.set();
                if (last) throw std::logic_error("there was none");
            },
            events, none)
        .get();
    for (const auto& each : events) CHECK(each.is_set());
}

TEST_CASE("a worker forgets a shared object that its application has no more") {
    ipc::process_pool pool(1);
    const auto count = [](const ipc::event& /*any*/) { return mapped_segments(); };
    const int before = pool.submit(count, ipc::event()).get();
    int after = 0;
    for (int i = 0; i < 20; ++i) after = pool.submit(count, ipc::event()).get();
    CHECK(after <= before + 1);  // the one before the last, whose job may just have ended
}

TEST_CASE("what came with jobs that were taken back leaves room for what comes with others") {
    ipc::process_pool pool(1);
    ipc::shared_value<int> go(0);
    for (int i = 1; i <= 500; ++i) {
        // The worker has this job's value already, so it looks for nothing on its socket.
        const auto waits = pool.submit(fn<&waits_for_number>(), go, i);
        const ipc::shared_value<int> one(1);
        CHECK(pool.submit(fn<&value_of>(), one).cancel());
        go.store(i);
        CHECK(waits.get() == i);
    }
    CHECK(pool.submit(fn<&value_of>(), ipc::shared_value<int>(7)).get() == 7);
}

TEST_CASE("large arguments and results arrive whole, in memory that is used again") {
    ipc::process_pool pool(2);
    std::vector<double> numbers(1 << 20);
    std::iota(numbers.begin(), numbers.end(), 0.5);
    for (int round = 0; round < 20; ++round) {
        numbers[0] = round;
        auto back = pool.submit(
                            [](std::vector<double> all) {
                                all.push_back(mapped_segments());
                                return all;
                            },
                            numbers)
                        .get();
        // The worker's job ring, and the segments that are used in turn in both directions.
        CHECK(back.back() <= 8);
        back.pop_back();
        REQUIRE(back == numbers);
    }
}

TEST_CASE("sizes around those where another way is taken arrive whole") {
    ipc::process_pool pool(2);
    const std::vector<std::size_t> sizes = {
        0,     1,     31,     32,     33,     63,     64,     65,     8'150,   8'183,    8'184,
        8'185, 8'192, 32'700, 32'759, 32'760, 32'761, 32'768, 65'536, 100'000, 1'000'000};
    std::vector<std::string> texts;
    for (const auto size : sizes) texts.emplace_back(size, 'x');
    CHECK(sync_wait(pool.map([](const std::string& text) { return text; }, texts)) == texts);
    const auto all = pool.submit([](const std::vector<std::string>& list) { return list; }, texts);
    CHECK(all.get() == texts);
}

TEST_CASE("a result arrives although the destructor of an argument ends the worker") {
    ipc::process_pool pool(1);
    CHECK(pool.submit([](const fatal& /*last_words*/) { return 7; }, fatal()).get() == 7);
    CHECK(pool.submit([] { return 8; }).get() == 8);
}

TEST_CASE("a job that is tried again gets its shared object again, in another worker") {
    ipc::process_pool pool(1);
    const ipc::shared_value<int> attempts(0);
    const auto job = pool.submit(
        {.retries = 2},
        [](ipc::shared_value<int> count, const std::string& large) {
            if (++count < 3) ::_exit(1);
            return large.size();
        },
        attempts, std::string(1 << 20, 'x'));
    CHECK(job.get() == 1 << 20);
    CHECK(attempts.load() == 3);
}

TEST_CASE("bytes alone do not carry a shared object, and say so") {
    CHECK_THROWS_WITH_AS(ipc::encode(ipc::event()), doctest::Contains("pass it to a job"),
                         std::logic_error);
    const std::vector<std::byte> bytes(8);
    CHECK_THROWS_AS(ipc::decode<ipc::event>(bytes), ipc::protocol_error);
}

TEST_CASE("a worker's memory that can be shrunk is refused, and named memory goes to workers") {
    ipc::process_pool pool(1);
    const std::string name = "bobbin-test-" + std::to_string(::getpid());
    const ipc::shared_value<int> named(ipc::create_named{name}, 7);
    CHECK(ipc::segment::remove_named(name));
    CHECK(pool.submit(fn<&value_of>(), named).get() == 7);
    const auto shrinkable = [](int bytes) {
        const int file = ::memfd_create("shrinkable", MFD_CLOEXEC);
        if (::ftruncate(file, bytes) != 0) throw std::runtime_error("ftruncate");
        return ipc::segment::adopt_unsealed(file);
    };
    CHECK_THROWS_AS(pool.submit(shrinkable, 4096).get(), ipc::wrong_segment);
    const auto sealed = [](int bytes) {
        return ipc::segment::create(static_cast<std::size_t>(bytes));
    };
    CHECK(pool.submit(sealed, 4096).get().size() == 4096);
}
