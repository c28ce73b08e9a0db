// Goal: every job that a supervisor takes is in one place, keeps its order when it is taken back,
// and counts until it was told of its end. Method: the table alone, with jobs that nobody does.
#include "pool/job_table.hpp"

#include "pool/worker_slot.hpp"

#include <array>
#include <doctest/doctest.h>
#include <vector>

namespace {

using bobbin::ipc::detail::call_list;
using bobbin::ipc::detail::job_table;
using bobbin::ipc::detail::remote_call;
using bobbin::ipc::detail::worker_slot;

class call final : public remote_call {
public:
    explicit call(bool urgent = false) { is_urgent = urgent; }

private:
    void ended(const encoded& /*result*/) noexcept override {}
};

constexpr bool urgent = true;

struct fixture {
    job_table table;
    worker_slot slot;
    std::array<call, 3> calls;

    void post_all() {
        for (call& each : calls) table.post(each);
    }
    void send_next() { table.send(table.next(), slot, 0); }
    // All that wait, in their order.
    std::vector<const remote_call*> waiting() {
        std::vector<const remote_call*> all;
        for (; table.has_waiting(); send_next()) all.push_back(&table.next());
        return all;
    }
    std::size_t told_by_driver() {
        call_list ended;
        call_list to_close;
        table.take(ended, to_close);
        table.told(ended.size(), to_close.size());
        return ended.size() + to_close.size();
    }
};

}  // namespace

TEST_CASE_FIXTURE(fixture, "jobs wait in the order in which they came, urgent ones before others") {
    post_all();
    call first(urgent);
    call second(urgent);
    table.post(first);
    table.post(second);
    CHECK(waiting() ==
          std::vector<const remote_call*>{&first, &second, calls.data(), &calls[1], &calls[2]});
}

TEST_CASE_FIXTURE(fixture,
                  "jobs that are taken back, the last first, wait before others as they did") {
    post_all();
    send_next();
    send_next();
    table.put_back(calls[1]);
    table.put_back(calls[0]);
    CHECK(waiting() == std::vector<const remote_call*>{calls.data(), &calls[1], &calls[2]});
}

TEST_CASE_FIXTURE(fixture, "a job that ends while it waits is sent to nobody") {
    post_all();
    table.end(calls[1], remote_call::end::withdrawn);
    CHECK(calls[1].ended_as == remote_call::end::withdrawn);
    CHECK(waiting() == std::vector<const remote_call*>{calls.data(), &calls[2]});
}

TEST_CASE_FIXTURE(fixture, "a job counts until it was told of its end") {
    post_all();
    CHECK(table.size() == 3);
    send_next();
    table.end(calls[0], remote_call::end::value);
    table.end(calls[1], remote_call::end::withdrawn);
    CHECK(table.size() == 3);
    table.told(2, 0);
    CHECK(table.size() == 1);
    CHECK_FALSE(table.is_drained());
    table.end(calls[2], remote_call::end::withdrawn);
    table.told(1, 0);
    CHECK(table.is_drained());
}

TEST_CASE_FIXTURE(fixture,
                  "the driver is woken for the first end that is left to it, not for each") {
    post_all();
    CHECK(table.end_later(calls[0], remote_call::end::withdrawn));
    CHECK_FALSE(table.end_later(calls[1], remote_call::end::withdrawn));
    CHECK(table.has_to_tell());
    CHECK(told_by_driver() == 2);
    CHECK_FALSE(table.has_to_tell());
    CHECK(table.end_later(calls[2], remote_call::end::withdrawn));
    CHECK(told_by_driver() == 1);
    CHECK(table.is_drained());
}

TEST_CASE_FIXTURE(
    fixture, "a call that is to be closed, and who holds the table, keep it from being drained") {
    table.post(calls[0]);
    table.end(calls[0], remote_call::end::withdrawn);
    table.told(1, 0);
    CHECK(table.close_later(calls[0]));
    CHECK_FALSE(table.is_drained());
    CHECK(told_by_driver() == 1);
    CHECK(table.is_drained());

    table.hold();
    CHECK_FALSE(table.is_drained());
    table.release();
    CHECK(table.is_drained());
}

TEST_CASE_FIXTURE(fixture, "somebody waits as long as a job that is waited for has not ended") {
    calls[0].is_awaited = true;
    post_all();
    CHECK(table.is_awaited());
    CHECK_FALSE(table.await(calls[0]));  // it is known
    CHECK(table.await(calls[1]));
    send_next();
    table.end(calls[0], remote_call::end::value);
    CHECK(table.is_awaited());
    table.put_back(([&]() -> remote_call& {
        remote_call& next = table.next();
        table.send(next, slot, 1);
        return next;
    })());
    CHECK(table.is_awaited());
    table.end(calls[1], remote_call::end::withdrawn);
    CHECK_FALSE(table.is_awaited());
    CHECK_FALSE(table.await(calls[1]));  // it has ended
}

TEST_CASE_FIXTURE(fixture, "who drains the table waits for all there are") {
    post_all();
    table.begin_to_drain();
    CHECK(table.is_awaited());
    table.drained();
    CHECK_FALSE(table.is_awaited());
}
