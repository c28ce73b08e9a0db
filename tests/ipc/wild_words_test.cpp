// Goal: whatever others write into the memory of a shared object, who uses it gets an error or an
// answer: it neither crashes nor waits longer than it said. Method: in a forked child, each word of
// a fresh object's memory is written over with each of some values, and the object used: by its old
// handle, and by one made of the memory as it is. A child that dies or hangs has noted where it
// was.
//
// The first word of a lock's own is left out where a call waits for it without a limit: 1 means
// that process 1 has the lock.
#include <bobbin/ipc/barrier.hpp>
#include <bobbin/ipc/condition.hpp>
#include <bobbin/ipc/errors.hpp>
#include <bobbin/ipc/event.hpp>
#include <bobbin/ipc/mutex.hpp>
#include <bobbin/ipc/pipe.hpp>
#include <bobbin/ipc/process.hpp>
#include <bobbin/ipc/recursive_mutex.hpp>
#include <bobbin/ipc/segment.hpp>
#include <bobbin/ipc/semaphore.hpp>
#include <bobbin/ipc/sharded_counter.hpp>
#include <bobbin/ipc/shared_array.hpp>
#include <bobbin/ipc/shared_queue.hpp>
#include <bobbin/ipc/shared_value.hpp>

#include <array>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <mutex>
#include <string>
#include <system_error>
#include <thread>
#include <unistd.h>
#include <vector>

namespace ipc = bobbin::ipc;
using namespace std::chrono_literals;

namespace {

constexpr std::array<std::uint64_t, 12> wild_values = {0,
                                                       1,
                                                       2,
                                                       7,
                                                       1000003,
                                                       std::uint64_t{1} << 32U,
                                                       std::uint64_t{1} << 40U,
                                                       std::uint64_t{1} << 62U,
                                                       std::uint64_t{1} << 63U,
                                                       0x5a5a5a5a5a5a5a5b,
                                                       ~std::uint64_t{0} - 7,
                                                       ~std::uint64_t{0}};

// What is promised to those who use damaged memory. Anything else ends the child.
template <class F>
void allow_errors(F use) {
    try {
        use();
    } catch (const ipc::protocol_error&) {
    } catch (const ipc::wrong_segment&) {
    } catch (const ipc::queue_closed&) {
    } catch (const ipc::producer_died&) {
    } catch (const ipc::owner_died&) {
    } catch (const ipc::broken_barrier&) {
    } catch (const std::overflow_error&) {
    } catch (const std::system_error&) {
    }
}

struct none_left_out {
    bool operator()(std::size_t /*offset*/) const { return false; }
};

// `make` gives a fresh object, `use` uses it; `first` to `last` are offsets in its segment.
template <class Make, class Use, class LeftOut = none_left_out>
void damage(Make make, Use use, std::size_t first, std::size_t last, LeftOut left_out = {}) {
    using object = decltype(make());
    const ipc::segment notes = ipc::segment::create(2 * sizeof(std::uint64_t));
    auto child = ipc::process::forked([&] {
        for (std::size_t at = first; at < last; at += sizeof(std::uint64_t)) {
            for (const std::uint64_t value : wild_values) {
                if (left_out(at)) continue;
                const std::array<std::uint64_t, 2> note = {at, value};
                std::memcpy(notes.data(), note.data(), sizeof note);
                ::alarm(10);
                object victim = make();
                std::memcpy(victim.memory().data() + at, &value, sizeof value);
                allow_errors([&] { use(victim); });
                allow_errors([&] { use(victim); });  // also by who comes later
                allow_errors([&] {
                    object opened{victim.memory()};
                    use(opened);
                });
            }
        }
    });
    const ipc::exit_status end = child.join();
    std::array<std::uint64_t, 2> note{};
    std::memcpy(note.data(), notes.data(), sizeof note);
    INFO("offset ", note[0], " value ", note[1]);
    CHECK(end == ipc::exit_status{});
}

constexpr std::size_t header = 128;

}  // namespace

TEST_CASE("a wild word anywhere before a queue's messages, or in them, is an error or an item") {
    using queue = ipc::shared_queue<std::string>;
    const auto make = [] {
        queue fresh(256);
        // Not at the start of the ring, and both ends have slept once.
        for (int i = 0; i < 20; ++i) {
            fresh.put(std::string(60, 'a'));
            static_cast<void>(fresh.get());
        }
        fresh.put(std::string(30, 'a'));
        return fresh;
    };
    const auto use = [](queue& damaged) {
        allow_errors([&] { static_cast<void>(damaged.get_for(1ms)); });
        allow_errors([&] { static_cast<void>(damaged.try_put(std::string(100, 'b'))); });
        allow_errors([&] { static_cast<void>(damaged.try_put(std::string(100, 'b'))); });
        allow_errors([&] { static_cast<void>(damaged.put_for(std::string(100, 'b'), 1ms)); });
        allow_errors([&] {
            while (damaged.try_get()) {
            }
        });
        CHECK(damaged.capacity() == 256);
        CHECK(damaged.bytes_used() <= 256);
        damaged.close();
    };
    damage(make, use, 0, header + 544);                     // to the first expected producers
    damage(make, use, header + 1544, header + 1664 + 256);  // the last ones, and the ring
}

TEST_CASE("a wild word in a queue that expects producers is an error or an item") {
    using queue = ipc::shared_queue<int>;
    const auto make = [] {
        queue fresh(256);
        fresh.expect(::getppid());
        fresh.put(1);
        return fresh;
    };
    const auto use = [](queue& damaged) {
        for (int i = 0; i < 3; ++i) allow_errors([&] { static_cast<void>(damaged.get_for(1ms)); });
    };
    damage(make, use, header + 512, header + 544);
}

TEST_CASE("a queue's capacity is read once: what is written there later changes nothing") {
    ipc::shared_queue<std::string> queue(1U << 12U);
    for (int i = 0; i < 1000; ++i) {
        queue.put(std::string(60, 'a'));
        static_cast<void>(queue.get());
    }
    for (const std::uint64_t value : wild_values) {
        std::memcpy(queue.memory().data() + header + 512, &value, sizeof value);
        for (int i = 0; i < 100; ++i) {
            queue.put(std::string(60, 'b'));
            CHECK(queue.get() == std::string(60, 'b'));
        }
    }
}

TEST_CASE("a queue whose positions make no sense throws protocol_error at both ends") {
    const auto damaged_at = [](std::size_t slot) {
        ipc::shared_queue<int> queue(64);
        queue.put(1);
        const std::uint64_t wild = std::uint64_t{1} << 40U;
        // Both slots of the number that is published there.
        std::memcpy(queue.memory().data() + header + slot, &wild, sizeof wild);
        std::memcpy(queue.memory().data() + header + slot + 8, &wild, sizeof wild);
        return queue;
    };
    constexpr std::size_t producers = 128 + 8;
    constexpr std::size_t consumers = 256 + producers;
    for (const std::size_t at : {producers, consumers}) {
        auto queue = damaged_at(at);
        CHECK_THROWS_AS(static_cast<void>(queue.get_for(1h)), ipc::protocol_error);
        // As long as there is room by what was seen last, nobody looks at the other end.
        CHECK_THROWS_AS(
            [&] {
                while (queue.try_put(1)) {
                }
            }(),
            ipc::protocol_error);
    }
}

TEST_CASE("a wild word in a pipe's memory is an error or an item") {
    using end = ipc::pipe_end<int>;
    struct line {
        end a;
        end b;
        [[nodiscard]] const ipc::segment& memory() const { return a.out().memory(); }
    };
    for (const std::size_t at : {512U, 136U, 144U, 392U, 400U}) {
        for (const std::uint64_t value : wild_values) {
            ipc::pipe<int> both(64);
            line victim{both.first, both.second};
            std::memcpy(victim.memory().data() + header + at, &value, sizeof value);
            allow_errors([&] { static_cast<void>(victim.a.try_put(1)); });
            allow_errors([&] { static_cast<void>(victim.b.get_for(1ms)); });
        }
    }
}

TEST_CASE("a wild word in a value's memory is an error or a value") {
    using value = ipc::shared_value<std::array<std::uint64_t, 9>>;
    const auto make = [] { return value({1}); };
    const auto use = [](value& damaged) {
        allow_errors([&] { static_cast<void>(damaged.load()); });
        allow_errors([&] { damaged.store({2}); });
        allow_errors([&] { damaged.update([](auto& all) { all[0] = 3; }); });
        allow_errors([&] {
            if (damaged.get_lock().try_lock_for(1ms)) damaged.get_lock().unlock();
        });
    };
    damage(make, use, 0, make().memory().size(),
           [](std::size_t at) { return at == header || at == header + 40; });
}

TEST_CASE("of two copies that are neither the first nor the second, none counts") {
    ipc::shared_value<std::array<std::uint64_t, 9>> value({1});
    const std::uint32_t wild = 1U << 20U;
    std::memcpy(value.memory().data() + header + 128, &wild, sizeof wild);
    CHECK_THROWS_AS(static_cast<void>(value.load()), ipc::protocol_error);
    CHECK_THROWS_AS(value.store({2}), ipc::protocol_error);
    CHECK(value.get_lock().try_lock());
    value.get_lock().unlock();
}

TEST_CASE("a wild word in a number's memory, an array's or a counter's is an error or a number") {
    damage([] { return ipc::shared_value<long>(1); },
           [](ipc::shared_value<long>& damaged) {
               ++damaged;
               allow_errors([&] {
                   if (damaged.get_lock().try_lock_for(1ms)) damaged.get_lock().unlock();
               });
           },
           0, header + 136);
    damage([] { return ipc::shared_array<int>(10); },
           [](ipc::shared_array<int>& damaged) {
               CHECK(damaged.size() <= 10);
               for (std::size_t i = 0; i < damaged.size(); ++i) damaged.at(i) += 1;
               allow_errors([&] {
                   if (damaged.get_lock().try_lock_for(1ms)) damaged.get_lock().unlock();
               });
           },
           0, header + 256);
    damage([] { return ipc::sharded_counter(); },
           [](ipc::sharded_counter& damaged) {
               auto shard = damaged.local();
               ++shard;
               static_cast<void>(damaged.value());
           },
           0, header + 512);
}

TEST_CASE("a wild word in a lock's memory is an error, or the lock") {
    const auto use = [](auto& damaged) {
        if (damaged.try_lock_for(1ms)) damaged.unlock();
        if (damaged.try_lock()) damaged.unlock();
        allow_errors([&] { damaged.try_lock_for(1ms) ? damaged.unlock() : void(); });
    };
    damage([] { return ipc::mutex(); }, use, 0, header + 96);
    damage([] { return ipc::recursive_mutex(); }, use, 0, header + 96);
}

TEST_CASE(
    "a wild word in a semaphore's, an event's or a barrier's memory is an error or an answer") {
    // Words of locks that are waited for without a limit.
    const auto givers = [](std::size_t at) { return at == header || at == header + 40; };
    damage([] { return ipc::semaphore(2); },
           [](ipc::semaphore& damaged) {
               static_cast<void>(damaged.try_acquire());
               allow_errors([&] { static_cast<void>(damaged.try_acquire_for(1ms)); });
               allow_errors([&] { damaged.release(); });
               static_cast<void>(damaged.value());
           },
           0, header + 256, givers);
    damage([] { return ipc::event(); },
           [](ipc::event& damaged) {
               static_cast<void>(damaged.wait_for(1ms));
               allow_errors([&] { damaged.set(); });
               allow_errors([&] { damaged.clear(); });
               static_cast<void>(damaged.wait_for(1ms));
           },
           0, header + 192, givers);
    damage([] { return ipc::barrier(2); },
           [](ipc::barrier& damaged) {
               static_cast<void>(damaged.parties());
               static_cast<void>(damaged.waiting());
               static_cast<void>(damaged.broken());
               allow_errors([&] { damaged.arrive_and_wait_for(1ms); });
               allow_errors([&] { damaged.arrive_and_wait_for(1ms); });
           },
           0, header + 192);
    damage([] { return ipc::condition(); },
           [](ipc::condition& damaged) {
               ipc::mutex own;
               std::unique_lock lock(own);
               static_cast<void>(damaged.wait_for(lock, 1ms));
               lock.unlock();
               damaged.notify_all();
           },
           0, header + 192, givers);
}

TEST_CASE("a lock that belongs to no thread there is is an error, also for who has no limit") {
    auto child = ipc::process::forked([] {
        ipc::mutex lock;
        const std::uint32_t nobody = 0x3ffffff0;
        std::memcpy(lock.memory().data() + header, &nobody, sizeof nobody);
        try {
            lock.lock();
        } catch (const ipc::protocol_error&) {
            return 0;
        }
        return 1;
    });
    CHECK(child.join() == ipc::exit_status{});
}

TEST_CASE("a wild word in the line of those who wait for a lock is an error, or a wait") {
    auto child = ipc::process::forked([] {
        constexpr std::size_t line = header + 40;
        for (std::size_t at = line; at < line + 40; at += sizeof(std::uint64_t)) {
            for (const std::uint64_t value : wild_values) {
                ipc::mutex lock;
                lock.lock();
                std::thread([&] {
                    std::memcpy(lock.memory().data() + at, &value, sizeof value);
                    allow_errors([&] { static_cast<void>(lock.try_lock_for(1ms)); });
                }).join();
                lock.unlock();
            }
        }
    });
    CHECK(child.join() == ipc::exit_status{});
}

TEST_CASE("memory from which the pages were taken away is zeroes, and no object") {
    ipc::shared_queue<int> queue;
    queue.put(1);
    REQUIRE(::fallocate(queue.memory().descriptor(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0,
                        static_cast<off_t>(queue.memory().size())) == 0);
    CHECK_THROWS_AS(static_cast<void>(queue.try_get()), ipc::protocol_error);
    CHECK_THROWS_AS(static_cast<void>(queue.try_put(1)), ipc::protocol_error);
    CHECK_THROWS_AS(ipc::shared_queue<int>{queue.memory()}, ipc::wrong_segment);
    CHECK_FALSE(queue.closed());
}
