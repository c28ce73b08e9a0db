// Values that processes share: atomic ones, and larger ones that no death leaves half written.
#include "children.hpp"

#include <bobbin/ipc/shared_value.hpp>

#include <array>
#include <limits>
#include <mutex>
#include <stdexcept>
#include <thread>

using bobbin::ipc::create_named;
using bobbin::ipc::open_named;
using bobbin::ipc::owner_died;
using bobbin::ipc::process;
using bobbin::ipc::shared_value;
using bobbin::ipc::wrong_segment;

namespace {

enum class colour : unsigned char { red, green };

struct point {
    double x = 0;
    double y = 0;
    std::array<int, 30> tags{};
};

// Whether the value is half one and half another, as a death in the middle of a store would leave
// it.
bool is_torn(const point& value) {
    for (const int tag : value.tags)
        if (tag != static_cast<int>(value.x)) return true;
    return value.x != value.y;
}

point all_of(int number) {
    point result{.x = double(number), .y = double(number)};
    result.tags.fill(number);
    return result;
}

}  // namespace

TEST_CASE("a hundred processes at once lose no increment") {
    shared_value<int> value;
    test::run_at_once(100, [&](int) {
        for (int i = 0; i < 1000; ++i) ++value;
    });
    CHECK(value == 100'000);
}

TEST_CASE("a hundred processes at once lose no += under the value's lock") {
    shared_value<long> value;
    test::run_at_once(100, [&](int) {
        for (int i = 0; i < 1000; ++i) {
            const std::lock_guard section(value.get_lock());
            value.store(value.load() + 1);
        }
    });
    CHECK(value == 100'000);
}

TEST_CASE("processes lose no update of a value that is larger than the processor's") {
    shared_value<point> value;
    test::run_at_once(20, [&](int) {
        for (int i = 0; i < 200; ++i)
            value.update([](point& all) { all = all_of(static_cast<int>(all.x) + 1); });
    });
    CHECK(value.load().x == 4000);
    CHECK_FALSE(is_torn(value));
}

TEST_CASE("threads lose no addition to a floating-point number") {
    shared_value<double> value(0.5);
    std::vector<std::thread> all;
    for (int i = 0; i < 4; ++i)
        all.emplace_back([own = value]() mutable {
            for (int k = 0; k < 1000; ++k) own += 0.25;
        });
    for (auto& each : all) each.join();
    CHECK(value == 1000.5);
    CHECK(value.fetch_sub(0.5) == 1000.5);
    CHECK((value -= 1000.0) == 0.0);
}

TEST_CASE("an integer has the operations of std::atomic, and wraps") {
    shared_value<int> value(41);
    CHECK(++value == 42);
    CHECK(value++ == 42);
    CHECK(--value == 42);
    CHECK(value-- == 42);
    CHECK((value += 9) == 50);
    CHECK((value -= 8) == 42);
    CHECK(value.fetch_add(1, std::memory_order_relaxed) == 42);
    CHECK(value.exchange(7) == 43);
    int expected = 8;
    CHECK_FALSE(value.compare_exchange_strong(expected, 9));
    CHECK(expected == 7);
    CHECK(value.compare_exchange_strong(expected, 9));
    CHECK((value = std::numeric_limits<int>::max()) == std::numeric_limits<int>::max());
    ++value;
    CHECK(value == std::numeric_limits<int>::min());
}

TEST_CASE("bool, enums and characters are shared values too") {
    shared_value<bool> flag;
    shared_value<colour> paint(colour::red);
    shared_value<char> letter('a');
    CHECK(process::forked([&] {
              flag = true;
              paint = colour::green;
              ++letter;
          })
              .join()
              .ok());
    CHECK(flag);
    CHECK(paint == colour::green);
    CHECK(letter == 'b');
}

TEST_CASE("a value is zero unless it is given one") {
    CHECK(shared_value<int>() == 0);
    CHECK(shared_value<double>() == 0.0);
    CHECK(shared_value<point>().load().tags[29] == 0);
}

TEST_CASE("copies mean the same value, and values opened by name or by segment too") {
    const test::unique_name name;
    shared_value<int> value(create_named{name.text()}, 3);
    shared_value<int> copy = value;
    shared_value<int> attached(value.memory());
    shared_value<int> opened(open_named{name.text()});
    ++copy;
    ++attached;
    ++opened;
    CHECK(value == 6);
    shared_value<int> other(0);
    other = value;
    ++other;
    CHECK(value == 7);
    other = 1;
    CHECK(value == 1);
}

TEST_CASE("a value is not opened as one of another type") {
    const shared_value<int> value;
    CHECK_THROWS_AS(shared_value<unsigned>(value.memory()), wrong_segment);
    CHECK_THROWS_AS(shared_value<point>(value.memory()), wrong_segment);
    CHECK_THROWS_AS(shared_value<int>(shared_value<point>().memory()), wrong_segment);
}

TEST_CASE("the lock of a value is re-entrant, and keeps out who takes it, not single operations") {
    shared_value<int> value;
    shared_value<point> large;
    const std::lock_guard section(value.get_lock());
    const std::lock_guard same_section(value.get_lock());
    const std::lock_guard large_section(large.get_lock());
    CHECK(test::true_in_child([&] {
        ++value;
        return !value.get_lock().try_lock() && !large.get_lock().try_lock();
    }));
    large.store(all_of(2));
    large.update([](point& all) { all = all_of(3); });
    CHECK(large.load().x == 3);
    CHECK(value == 1);
}

TEST_CASE("a process that dies in a section of a value's lock is told of, and the value is there") {
    shared_value<int> value(5);
    {
        test::staying_process holder([&] {
            value.get_lock().lock();
            value = 6;
        });
        holder.kill();
    }
    ++value;
    CHECK(value == 7);
    CHECK_THROWS_AS(value.get_lock().lock(), owner_died);
    value.get_lock().recover();
    value.get_lock().unlock();
    CHECK(value.get_lock().try_lock());
    value.get_lock().unlock();
}

TEST_CASE("after a death in a section a large value can be read, and written once recovered") {
    shared_value<point> value(all_of(1));
    {
        test::staying_process holder([&] {
            value.get_lock().lock();
            value.store(all_of(2));
        });
        holder.kill();
    }
    CHECK(value.load().x == 2);
    CHECK_THROWS_AS(value.store(all_of(3)), owner_died);
    CHECK_THROWS_AS(value.update([](point&) {}), owner_died);
    CHECK(value.load().x == 2);
    value.get_lock().recover();
    value.store(all_of(4));
    value.get_lock().unlock();
    value.store(all_of(5));
    CHECK(value.load().x == 5);
}

TEST_CASE("a process that dies in update leaves the value as it was, and nothing to recover from") {
    shared_value<point> value(all_of(1));
    {
        test::waypoint inside;
        auto doomed = process::forked([&] {
            value.update([&](point& all) {
                all.x = 99;
                test::stop_at(inside.path());
            });
        });
        REQUIRE(inside.await_arrivals(1));
        doomed.kill();
        CHECK(doomed.join().signal == SIGKILL);
    }
    CHECK(value.load().x == 1);
    value.store(all_of(2));
    CHECK(value.load().x == 2);
}

TEST_CASE("processes that are killed while they store never leave a torn value") {
    shared_value<point> value;
    for (int i = 0; i < 100; ++i) {
        test::waypoint running;
        auto doomed = process::forked([&] {
            test::arrive(running.path());
            for (int k = 0;; ++k) value.store(all_of(k));
        });
        REQUIRE(running.await_arrivals(1));
        for (int k = 0; k < i; ++k) CHECK_FALSE(is_torn(value));
        doomed.kill();
        CHECK(doomed.join().signal == SIGKILL);
        CHECK_FALSE(is_torn(value));
    }
}

TEST_CASE("an update that throws changes nothing") {
    shared_value<point> value(all_of(1));
    CHECK_THROWS_AS(value.update([](point& all) {
        all.x = 2;
        throw std::runtime_error("no");
    }),
                    std::runtime_error);
    CHECK_FALSE(is_torn(value));
    CHECK(test::true_in_child([&] { return value.get_lock().try_lock(); }));
}
