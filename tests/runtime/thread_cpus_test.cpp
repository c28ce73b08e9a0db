// On which processors a pool's threads run, as thread_pool_options say.
#include "child_process.hpp"
#include "seen_threads.hpp"

#include <bobbin/runtime/cpu_set.hpp>
#include <bobbin/runtime/sync_wait.hpp>
#include <bobbin/runtime/thread_pool.hpp>

#include <cstddef>
#include <doctest/doctest.h>
#include <sched.h>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace {

using bobbin::available_cores;
using bobbin::available_cpus;
using bobbin::cpu_set;
using bobbin::sync_wait;
using bobbin::task;
using bobbin::thread_pool;
using test::message_of;
using test::seen_threads;

task<int> answer() {
    co_return 42;
}

// Brings the calling thread to this processor.
bool bind_to(int cpu) {
    cpu_set_t mask;
    CPU_ZERO(&mask);
    CPU_SET(static_cast<std::size_t>(cpu), &mask);
    return sched_setaffinity(0, sizeof mask, &mask) == 0;
}

}  // namespace

TEST_CASE("a set of processors is in order, has each once, and refuses what is no number of one") {
    const cpu_set some = {7, 0, 4095, 7};
    CHECK(some.numbers() == std::vector<int>{0, 7, 4095});
    CHECK(some.size() == 3);
    CHECK(some.contains(7));
    for (const int each : {-1, 1, 4096}) CHECK_FALSE(some.contains(each));
    CHECK(cpu_set().empty());
    for (const int each : {-1, 4096, 1 << 30}) {
        CAPTURE(each);
        try {
            const cpu_set refused = {0, each};
            FAIL("taken: ", refused.size());
        } catch (const std::invalid_argument& e) {
            CHECK(std::string(e.what()).find(std::to_string(each)) != std::string::npos);
        }
    }
}

TEST_CASE(
    "the available processors are those of the thread, and the available cores some of them") {
    const auto all = available_cpus();
    REQUIRE_FALSE(all.empty());
    const auto cores = available_cores();
    CHECK_FALSE(cores.empty());
    for (const int each : cores.numbers()) CHECK(all.contains(each));
    // The first of them shares its core with none before it.
    CHECK(cores.contains(all.numbers().front()));
    std::thread([&] {
        const cpu_set last = {all.numbers().back()};
        REQUIRE(bind_to(all.numbers().back()));
        CHECK(available_cpus() == last);
        CHECK(available_cores() == last);
    }).join();
}

TEST_CASE("with processors a pool has a thread for each, bound to it before on_thread_start") {
    const auto all = available_cpus();
    seen_threads seen;
    {
        thread_pool pool({.cpus = all, .on_thread_start = [&](unsigned i) { seen.note(i); }});
        CHECK(pool.size() == all.size());
        CHECK(sync_wait(pool, answer()) == 42);
    }
    REQUIRE(seen.cpus().size() == all.size());
    for (std::size_t i = 0; i < seen.cpus().size(); ++i)
        CHECK(seen.cpus()[i] == cpu_set{all.numbers()[i]});
    CHECK(available_cpus() == all);
}

TEST_CASE("more threads than processors go round them, fewer take the first") {
    const auto numbers = available_cpus().numbers();
    for (const unsigned threads : {1U, 2U * static_cast<unsigned>(numbers.size()) + 1U}) {
        CAPTURE(threads);
        seen_threads seen;
        const thread_pool pool({.threads = threads,
                                .cpus = available_cpus(),
                                .on_thread_start = [&](unsigned i) { seen.note(i); }});
        REQUIRE(seen.cpus().size() == threads);
        for (unsigned i = 0; i < threads; ++i)
            CHECK(seen.cpus()[i] == cpu_set{numbers[i % numbers.size()]});
    }
}

TEST_CASE("without processors the threads go where their maker may") {
    for (const cpu_set& maker : {available_cpus(), cpu_set{available_cpus().numbers().back()}}) {
        seen_threads seen;
        std::thread([&] {
            if (maker.size() == 1) REQUIRE(bind_to(maker.numbers().front()));
            const thread_pool pool(
                {.threads = 2, .on_thread_start = [&](unsigned i) { seen.note(i); }});
        }).join();
        for (const auto& each : seen.cpus()) CHECK(each == maker);
    }
}

TEST_CASE(
    "a processor that the process may not use is refused by name, and those it may are told") {
    const auto all = available_cpus().numbers();
    const auto message = message_of<std::invalid_argument>({.cpus = {all.front(), 4095}});
    CHECK(message.find("cpu 4095 ") != std::string::npos);
    CHECK(message.find('(' + std::to_string(all.front())) != std::string::npos);
    // By taskset, for instance.
    if (all.size() == 1) return;
    const auto child = test::in_child([&] {
        if (!bind_to(all.front())) return 1;
        const auto refused = message_of<std::invalid_argument>({.cpus = {all.back()}});
        return refused.find("cpu " + std::to_string(all.back())) != std::string::npos ? 0 : 2;
    });
    CHECK(child.exit_code == 0);
}

TEST_CASE("a bound thread may make a pool on other processors of its process") {
    const auto all = available_cpus().numbers();
    seen_threads seen;
    std::thread([&] {
        REQUIRE(bind_to(all.front()));
        const thread_pool pool(
            {.cpus = {all.back()}, .on_thread_start = [&](unsigned i) { seen.note(i); }});
    }).join();
    REQUIRE(seen.cpus().size() == 1);
    CHECK(seen.cpus()[0] == cpu_set{all.back()});
}
