// See result_writer.hpp.
#include "pool/result_writer.hpp"

#include "os/doorbell.hpp"

#include <bobbin/runtime/detail/os/fault_point.hpp>

#include <span>
#include <sys/eventfd.h>

namespace bobbin { inline namespace v0 { namespace ipc::detail {

using bobbin::detail::fault_point;

void result_writer::write(std::uint64_t job, answer what, const payload& sent) {
    // Nobody may have looked for what came with it.
    if (what != answer::value) socket_.drain();
    const auto bytes = sent.bytes();
    result_header header{.job = job, .size = bytes.size(), .what = what};
    std::size_t room = sizeof header;
    for (const segment& each : sent.objects()) socket_.send(each);
    const auto large = sent.large();
    if (large != nullptr) {
        header.segment = large->id();
        socket_.send(*large);
    } else {
        room += bytes.size();
    }
    await_room(room);
    if (large != nullptr) read_later_.push_back({written_ + room, large});  // it may throw
    ring_.write_result(written_, std::as_bytes(std::span(&header, 1)));
    if (header.segment == 0) ring_.write_result(written_ + sizeof header, bytes);
    fault_point("worker.result_written");
    written_ += room;
    ring_.finished().publish(written_);
    fault_point("worker.answered");
}

void result_writer::free_those_read() {
    while (!read_later_.empty() && read_later_.front().end <= ring_.freed())
        read_later_.pop_front();
}

void result_writer::await_room(std::size_t size) {
    for (;;) {
        const auto key = ring_.before_sleep_for_room();
        if (written_ + size - ring_.freed() <= job_ring::ring_bytes) return;
        ring();
        ring_.sleep_for_room(key);
    }
}

void result_writer::job_begins() {
    const wake_up asked = ring_.finished().glance();  // after the claim's compare-and-swap
    if (asked == wake_up::deferred) return;
    // The time costs more than a short job. While nobody sleeps it is read now and then, so that it
    // never seems much longer ago than it is.
    constexpr unsigned now_and_then = 16;
    if (asked == wake_up::none && ++untimed_ % now_and_then != 0) return;
    const auto now = clock::now();
    unrung_ += now - began_;
    began_ = now;
    constexpr std::chrono::microseconds worth_a_ring{200};
    const auto moment =
        unrung_ > worth_a_ring ? wake_up_moment::worth_a_ring : wake_up_moment::before_job;
    if (is_due(asked, moment)) ring();
}

void result_writer::ring() noexcept {
    unrung_ = {};
    bool is_heard = true;
    switch (ring_.finished().take_request()) {
        case wake_up::deferred:
        case wake_up::coalesced:
        case wake_up::prompt:
            is_heard = detail::ring(doorbell_);
            break;
        case wake_up::prompt_waiter:
            is_heard = detail::ring(waiter_doorbell_);
            break;
        case wake_up::none:
            break;
        default:  // a job has written over it
            ::eventfd_write(doorbell_, 1);
            ::eventfd_write(waiter_doorbell_, 1);
    }
    if (!is_heard) end_without_descriptors();
}

}}}  // namespace bobbin::v0::ipc::detail
