// Goal: whatever a job does wrong on its way there and back costs that job and no other. These are
// the scenarios that the pools of CPython and loky are tested with.
#include "../runtime/ledger.hpp"
#include "workers.hpp"

#include <bobbin/runtime/errors.hpp>
#include <bobbin/runtime/sync_wait.hpp>

#include <array>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <future>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

using namespace test;

namespace {

enum class deed : std::uint8_t { nothing, throws, crashes, aborts, exits, leaves };
constexpr std::array all_deeds{deed::throws, deed::crashes, deed::aborts, deed::exits,
                               deed::leaves};

void commit(deed what) {
    switch (what) {
        case deed::nothing:
            return;
        case deed::throws:
            throw std::domain_error("as told");
        case deed::crashes:
            ::raise(SIGSEGV);
            return;
        case deed::aborts:
            std::abort();
        case deed::exits:
            std::exit(0);
        case deed::leaves:
            ::_exit(3);
    }
}

// A value that does so when it is encoded or decoded in a worker, or at its end there.
struct trap {
    deed at_encoding = deed::nothing;
    deed at_decoding = deed::nothing;
    deed at_the_end = deed::nothing;
    int application = ::getpid();
    bool was_decoded = false;

    trap() = default;
    trap(const trap&) = default;
    trap& operator=(const trap&) = default;
    // Moved and copied before it is used: only what has been called with it does anything.
    ~trap() {
        if (was_decoded && is_in_worker()) commit(at_the_end);
    }

    template <class Archive>
    void save(Archive& archive) const {
        archive(at_encoding, at_decoding, at_the_end, application);
        if (is_in_worker()) commit(at_encoding);
    }
    template <class Archive>
    void load(Archive& archive) {
        archive(at_encoding, at_decoding, at_the_end, application);
        if (is_in_worker()) commit(at_decoding);
    }
    [[nodiscard]] bool is_in_worker() const { return ::getpid() != application; }
};

// The three moments of a job in a worker.
int decode_it(const trap& /*given*/) {
    return 1;
}
int run_it(deed what) {
    commit(what);
    return 1;
}
trap encode_it(deed what, int application) {
    trap made;
    made.at_encoding = what;
    made.application = application;
    return made;
}
inline constexpr bobbin::fn<&decode_it> decodes;
inline constexpr bobbin::fn<&run_it> runs;
inline constexpr bobbin::fn<&encode_it> encodes;

template <class R>
void check_end(const bobbin::job<R>& job, deed what) {
    switch (what) {
        case deed::nothing:
            CHECK_NOTHROW(job.get());
            return;
        case deed::throws:
            CHECK_THROWS_WITH_AS(job.get(), "as told", std::domain_error);
            return;
        case deed::crashes:
            CHECK(death_of(job).status()->signal == SIGSEGV);
            return;
        case deed::aborts:
            CHECK(death_of(job).status()->signal == SIGABRT);
            return;
        case deed::exits:
            CHECK(death_of(job).status()->ok());
            return;
        case deed::leaves:
            CHECK(death_of(job).status()->code == 3);
            return;
    }
}

trap trap_at_decoding(deed what) {
    trap made;
    made.at_decoding = what;
    return made;
}

// An error here, in the application.
struct refuses_encoding {
    template <class Archive>
    void save(Archive& /*archive*/) const {
        throw std::domain_error("not to be sent");
    }
    template <class Archive>
    void load(Archive& /*archive*/) {}
};
struct refuses_decoding_here {
    refuses_decoding_here() = default;  // no aggregate of numbers, which would go bytewise
    int application = ::getpid();
    template <class Archive>
    void save(Archive& archive) const {
        archive(application);
    }
    template <class Archive>
    void load(Archive& archive) {
        archive(application);
        if (::getpid() == application) throw std::domain_error("not to be taken back");
    }
};

}  // namespace

TEST_CASE("what a job does while its arguments are decoded, it runs, or its result is encoded") {
    ipc::process_pool pool(2);
    for (const auto what : all_deeds) {
        CAPTURE(static_cast<int>(what));
        const auto decoding = pool.submit(decodes, trap_at_decoding(what));
        const auto running = pool.submit(runs, what);
        const auto encoding = pool.submit(encodes, what, ::getpid());
        const auto beside = pool.submit(twice, 4);
        check_end(decoding, what);
        check_end(running, what);
        check_end(encoding, what);
        CHECK(beside.get() == 8);
    }
}

TEST_CASE("the same, by jobs that are submitted by callbacks of such jobs") {
    ipc::process_pool pool(2);
    for (const auto what : all_deeds) {
        CAPTURE(static_cast<int>(what));
        std::promise<bobbin::job<int>> from_decoding;
        std::promise<bobbin::job<int>> from_running;
        std::promise<bobbin::job<trap>> from_encoding;
        pool.submit(decodes, trap_at_decoding(what)).on_done([&](const auto&) {
            from_decoding.set_value(pool.submit(decodes, trap_at_decoding(what)));
        });
        pool.submit(runs, what).on_done([&](const auto&) {
            from_running.set_value(pool.submit(runs, what));
        });
        pool.submit(encodes, what, ::getpid()).on_done([&](const auto&) {
            from_encoding.set_value(pool.submit(encodes, what, ::getpid()));
        });
        check_end(from_decoding.get_future().get(), what);
        check_end(from_running.get_future().get(), what);
        check_end(from_encoding.get_future().get(), what);
    }
    CHECK(pool.submit(twice, 4).get() == 8);
}

TEST_CASE("an argument that can't be encoded is an error of the call, and nothing is sent") {
    ipc::process_pool pool(1);
    const auto takes = [](const refuses_encoding&) { return 1; };
    CHECK_THROWS_WITH_AS(static_cast<void>(pool.submit(takes, refuses_encoding())),
                         "not to be sent", std::domain_error);
    const auto ends = bobbin::sync_wait(pool.map_each(takes, std::vector<refuses_encoding>(3)));
    REQUIRE(ends.size() == 3);
    for (const auto& each : ends)
        CHECK_THROWS_AS(std::rethrow_exception(each.error()), std::domain_error);
    CHECK(pool.submit(twice, 4).get() == 8);
}

TEST_CASE("a result that can't be decoded here fails its job, and the pool goes on") {
    ipc::process_pool pool(1);
    const int worker = pool.submit(pid_there).get();
    const auto job = pool.submit([](const refuses_decoding_here& given) { return given; },
                                 refuses_decoding_here());
    CHECK_THROWS_WITH_AS(job.get(), "not to be taken back", std::domain_error);
    CHECK(pool.submit(pid_there).get() == worker);
}

TEST_CASE("a crash in an argument's destructor, after the result was sent, costs no job") {
    ipc::process_pool pool(1);
    trap given;
    given.at_the_end = deed::crashes;
    for (int i = 0; i < 5; ++i) {
        const int worker = pool.submit(pid_there).get();
        const auto job = pool.submit(
            [](trap&& argument) {
                argument.was_decoded = true;
                return 1;
            },
            given);
        const auto behind = pool.submit(twice, i);
        CHECK(job.get() == 1);
        CHECK(behind.get() == 2 * i);
        CHECK(pool.submit(pid_there).get() != worker);
    }
}

TEST_CASE("a crash halfway through a large result loses that result and no other") {
    ipc::process_pool pool(2);
    struct large_then_crash {
        large_then_crash() = default;
        int application = ::getpid();
        void save(ipc::encoder& archive) const {
            archive(application, std::vector<double>(1U << 18U, 0.5));
            if (::getpid() != application) ::raise(SIGSEGV);
        }
        void load(ipc::decoder& archive) {
            std::vector<double> rest;
            archive(application, rest);
        }
    };
    std::vector<bobbin::job<std::vector<double>>> good;
    std::vector<bobbin::job<large_then_crash>> bad;
    for (int i = 0; i < 10; ++i) {
        bad.push_back(
            pool.submit([](const large_then_crash& it) { return it; }, large_then_crash()));
        good.push_back(pool.submit([] { return std::vector<double>(1U << 18U, 2); }));
    }
    for (const auto& each : bad) check_end(each, deed::crashes);
    for (const auto& each : good) CHECK(each.get().size() == 1U << 18U);
}

TEST_CASE("workers may kill each other") {
    for (const unsigned count : {1U, 2U, 5U, 13U}) {
        CAPTURE(count);
        const ledger pids;
        ipc::process_pool pool(count);
        const waypoint gate;
        std::vector<bobbin::job<int>> jobs;
        for (unsigned i = 0; i < count; ++i)
            jobs.push_back(pool.submit(
                [](const std::string& all, const std::string& stop) {
                    record(all, ::getpid());
                    stop_at(stop);
                    std::ifstream others(all);
                    for (int other = 0; others >> other;)
                        if (other > 1 && other != ::getpid()) ::kill(other, SIGKILL);
                    return ::raise(SIGKILL);
                },
                pids.path(), gate.path()));
        REQUIRE(gate.await_arrivals(count));
        gate.let_go(count);
        for (const auto& each : jobs) CHECK(pids.has(death_of(each).worker()));
        CHECK(pool.submit(twice, 4).get() == 8);
    }
}

TEST_CASE("a hundred jobs that fail and a hundred that die cost nothing to a hundred others") {
    auto options = ipc::process_pool_options(2);
    options.restart_intensity.most = 1000;
    ipc::process_pool pool(options);
    std::vector<bobbin::job<int>> good;
    std::vector<bobbin::job<int>> failing;
    std::vector<bobbin::job<int>> dying;
    for (int i = 0; i < 100; ++i) {
        failing.push_back(pool.submit(runs, deed::throws));
        dying.push_back(pool.submit(runs, deed::leaves));
        good.push_back(pool.submit(twice, i));
    }
    for (std::size_t i = 0; i < 100; ++i) {
        check_end(failing[i], deed::throws);
        check_end(dying[i], deed::leaves);
        CHECK(good[i].get() == 2 * static_cast<int>(i));
    }
}

TEST_CASE("what is submitted while the pool is closed is done or refused") {
    for (int round = 0; round < 20; ++round) {
        std::vector<bobbin::job<int>> taken;
        {
            ipc::process_pool pool(2);
            std::promise<void> some_are_taken;
            std::thread submitting([&] {
                try {
                    for (int i = 0;; ++i) {
                        taken.push_back(pool.submit(twice, i));
                        if (i == round) some_are_taken.set_value();
                    }
                } catch (const bobbin::pool_closed&) {
                }
            });
            some_are_taken.get_future().get();
            pool.close();
            submitting.join();
        }
        for (std::size_t i = 0; i < taken.size(); ++i)
            CHECK(taken[i].get() == 2 * static_cast<int>(i));
    }
}

TEST_CASE("a worker finds nothing to read") {
    ipc::process_pool pool(1);
    const auto read_byte = [] {
        char byte = 0;
        return static_cast<int>(::read(STDIN_FILENO, &byte, 1));
    };
    CHECK(pool.submit(read_byte).get() == 0);
}
