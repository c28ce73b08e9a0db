// Goal: each end of a job ring does its part of a job's way, and no other. Method: both ends in one
// process; what is the other's is no member of a type.
#include "pool/ring_ends.hpp"

#include <array>
#include <cstddef>
#include <doctest/doctest.h>
#include <memory>

namespace {

using namespace bobbin::ipc::detail;

template <class End>
constexpr bool can_claim = requires(End end) {
    end.claim(0U);
};
template <class End>
constexpr bool can_take_back = requires(End end) {
    end.retract(0U);
};
template <class End>
constexpr bool can_put = requires(End end, job_description what) {
    end.put(0U, what, false);
};
template <class End>
constexpr bool can_write_results = requires(End end) {
    end.write_result(0U, {});
};
template <class End>
constexpr bool can_limit = requires(End end) {
    end.limit(0U, 0U);
};

static_assert(can_put<supervisor_end> && can_take_back<supervisor_end> &&
              can_limit<supervisor_end>);
static_assert(!can_claim<supervisor_end> && !can_write_results<supervisor_end>);
static_assert(can_claim<worker_end> && can_write_results<worker_end>);
static_assert(!can_put<worker_end> && !can_take_back<worker_end> && !can_limit<worker_end>);

struct both_ends {
    std::unique_ptr<job_ring> memory = std::make_unique<job_ring>();
    supervisor_end application{*memory};
    worker_end worker{*memory};

    void put(std::uint64_t number) { application.put(number, {.place = 7}, false); }
};

}  // namespace

TEST_CASE_FIXTURE(both_ends, "a job that was put is claimed, and then not taken back") {
    put(0);
    CHECK_FALSE(application.is_claimed(0));
    CHECK(worker.claim(0));
    CHECK(worker.job(0).place == 7);
    CHECK(application.is_claimed(0));
    CHECK_FALSE(application.retract(0));
}

TEST_CASE_FIXTURE(both_ends, "a job that was taken back is not claimed") {
    put(0);
    CHECK(application.retract(0));
    CHECK_FALSE(worker.claim(0));
}

TEST_CASE_FIXTURE(both_ends, "a place is used again by a job with another number") {
    put(0);
    CHECK(worker.claim(0));
    put(job_ring::jobs_at_once);
    CHECK_FALSE(application.is_claimed(job_ring::jobs_at_once));
    CHECK_FALSE(worker.claim(0));
    CHECK(worker.claim(job_ring::jobs_at_once));
}

TEST_CASE_FIXTURE(both_ends, "bytes cross both ways, also around the end of their memory") {
    constexpr std::array bytes = {std::byte{1}, std::byte{2}, std::byte{3}, std::byte{4}};
    constexpr std::uint64_t at = 5 * job_ring::ring_bytes - 2;
    std::array<std::byte, 4> got{};
    application.write_arguments(at, bytes);
    worker.read_arguments(at, got);
    CHECK(got == bytes);
    worker.write_result(at + 1, bytes);
    got = {};
    application.read_results(at + 1, got);
    CHECK(got == bytes);
}

TEST_CASE_FIXTURE(both_ends, "the application sees when a limited job began, and who left") {
    application.limit(3, 1000);
    CHECK(application.begun_ns() == 0);
    CHECK(worker.timed().number == 3);
    CHECK_FALSE(application.has_left());
    worker.leave();
    CHECK(application.has_left());
}
