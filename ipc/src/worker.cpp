#include "worker.hpp"

#include "control_socket.hpp"
#include "exception_codec.hpp"
#include "lane.hpp"
#include "lane_packet.hpp"
#include "stop_listener.hpp"

#include <bobbin/ipc/detail/job_context.hpp>
#include <bobbin/ipc/segment.hpp>
#include <bobbin/runtime/detail/fault_point.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <iostream>
#include <optional>
#include <sys/eventfd.h>
#include <tuple>
#include <unistd.h>

namespace bobbin::inline v0::ipc::detail {
namespace {

using bobbin::detail::fault_point;

class worker final : job_context {
public:
    worker(segment memory, int control, int bell)
        : memory_(std::move(memory)),
          lane_(reinterpret_cast<lane*>(memory_.data())),
          control_(control),
          bell_(bell),
          stops_(control) {}

    void run() {
        for (std::uint64_t number = 0; await_job(number); ++number) {
            lane_job& job = lane_->job(number);
            fault_point("worker.before_claim");
            if (!job.slot.claim(number)) {
                pass_over(number, job, answer::retracted);
            } else if (job.group != 0 && job.group == failed_group_ && job.place > failed_place_) {
                pass_over(number, job, answer::skipped);
            } else {
                fault_point("worker.claimed");
                do_job(number, job);
            }
        }
    }

private:
    // False: there will be no more.
    bool await_job(std::uint64_t number) {
        if (lane_->submitted.read() > number) return true;
        ring_bell();
        for (;;) {
            constexpr int looks = 400;
            for (int i = 0; i < looks; ++i) {
                if (lane_->submitted.read() > number) return true;
                spin_pause();
            }
            const auto key = lane_->submitted.current();
            if (lane_->submitted.read() > number) return true;
            if (lane_->submitted.closed()) return false;
            lane_->submitted.wait(key, never);
        }
    }

    void pass_over(std::uint64_t number, const lane_job& job, answer what) {
        if (job.in_segment) static_cast<void>(stops_.await_segment(job.begin));
        answer_with(number, what, {});
    }

    void do_job(std::uint64_t number, const lane_job& job) {
        const auto began = std::chrono::steady_clock::now();
        number_ = number;
        result = writer();
        bobbin::outcome<void> ended;
        try {
            take_arguments(job);
            call(job.callable, ended);
        } catch (...) {
            ended = bobbin::outcome<void>(std::current_exception());
        }
        arguments_segment_.reset();
        fault_point("worker.has_run");
        try {
            if (ended) answer_with(number, answer::value, std::move(result).take());
        } catch (...) {
            // There is no memory, or no descriptor, for its result.
            ended = bobbin::outcome<void>(std::current_exception());
        }
        if (!ended) {
            if (job.group != 0) {
                failed_group_ = job.group;
                failed_place_ = job.place;
            }
            writer text;
            encoder to(text);
            ipc::encode_exception(to, ended.error());
            answer_with(number, answer::error, std::move(text).take());
        }
        // Long jobs are told of one by one, short ones when there is nothing else to do or they
        // add up to as much.
        unrung_ += std::chrono::steady_clock::now() - began;
        constexpr std::chrono::microseconds worth_a_bell{50};
        if (unrung_ > worth_a_bell) ring_bell();
    }

    void take_arguments(const lane_job& job) {
        if (job.in_segment) {
            arguments_segment_ = stops_.await_segment(job.begin);
            if (job.size > arguments_segment_->size()) throw protocol_error("bobbin: a lane");
            arguments = {arguments_segment_->data(), job.size};
            return;
        }
        copy_.resize(job.size);
        lane_->arguments.read(job.begin, copy_);
        arguments = copy_;
    }

    void call(std::uint64_t key, bobbin::outcome<void>& ended) {
        const auto* const entry = bobbin::detail::find_callable(key);
        if (entry == nullptr)
            throw std::logic_error(
                "bobbin: the worker does not know this callable: it comes from a module that was "
                "loaded after the fork server was started, or from another build of the program");
        std::tuple<job_context*> args(this);
        alignas(bobbin::outcome<void>) std::array<std::byte, sizeof(bobbin::outcome<void>)> room;
        entry->call(&args, room.data());
        auto* const came = std::launder(reinterpret_cast<bobbin::outcome<void>*>(room.data()));
        ended = std::move(*came);
        std::destroy_at(came);
    }

    void answer_with(std::uint64_t number, answer what, std::span<const std::byte> bytes) {
        result_header header{.job = number, .size = bytes.size(), .what = what};
        std::size_t room = sizeof header;
        if (bytes.size() > lane::most_in_ring) {
            header.segment = ++segments_;
            send_segment(header.segment, bytes);
        } else {
            room += bytes.size();
        }
        await_room(room);
        lane_->results.write(written_, std::as_bytes(std::span(&header, 1)));
        if (header.segment == 0) lane_->results.write(written_ + sizeof header, bytes);
        fault_point("worker.result_written");
        written_ += room;
        // Release, with the application's acquire.
        lane_->finished.store(written_, std::memory_order_release);
        fault_point("worker.answered");
    }

    void send_segment(std::uint64_t number, std::span<const std::byte> bytes) {
        const segment memory = segment::create(bytes.size());
        std::copy(bytes.begin(), bytes.end(), memory.data());
        const lane_packet packet{.kind = packet_kind::segment, .number = number};
        const int descriptor = memory.descriptor();
        // If nobody is there to take it, nobody waits for the result.
        static_cast<void>(send_packet_blocking(control_, std::as_bytes(std::span(&packet, 1)),
                                               std::span(&descriptor, 1)));
    }

    void await_room(std::size_t size) {
        for (;;) {
            const auto key = lane_->read.current();
            if (written_ + size - lane_->read.read() <= lane::ring_bytes) return;
            ring_bell();
            lane_->read.wait(key, never);
        }
    }

    // The application asks for the bell, and then looks at `finished` once more. Both change the
    // same word: whoever is second sees the other (release with acquire), so that the application
    // sees the result, or this sees that the bell is wanted.
    void ring_bell() {
        unrung_ = {};
        if (lane_->bell_wanted.exchange(0, std::memory_order_acq_rel) != 0)
            ::eventfd_write(bell_, 1);
    }

    thread_pool& runtime() override {
        if (!runtime_) runtime_.emplace(thread_pool_options{.threads = 1, .name = "bobbin-job"});
        return *runtime_;
    }
    void begins(bobbin::detail::job_core& coroutine) override { stops_.begin(number_, coroutine); }
    void ended() noexcept override { stops_.end(); }

    const segment memory_;
    lane* const lane_;
    const int control_;
    const int bell_;
    stop_listener stops_;
    std::optional<thread_pool> runtime_;
    std::optional<segment> arguments_segment_;
    std::vector<std::byte> copy_;
    std::uint64_t number_ = 0;
    std::uint64_t written_ = 0;
    std::uint64_t segments_ = 0;
    std::uint32_t failed_group_ = 0;
    std::uint32_t failed_place_ = 0;
    std::chrono::nanoseconds unrung_{0};
};

int at(const std::vector<owned_descriptor>& descriptors, worker_descriptor which) {
    return descriptors.at(static_cast<std::size_t>(which)).get();
}

}  // namespace

void run_worker(std::uint32_t /*seat*/, std::uint32_t /*depth*/,
                std::vector<owned_descriptor> descriptors) {
    try {
        worker(segment::adopt(descriptors.at(0).release()),
               at(descriptors, worker_descriptor::control),
               at(descriptors, worker_descriptor::bell))
            .run();
    } catch (const std::exception& error) {
        std::fprintf(stderr, "bobbin: worker %d: %s\n", ::getpid(), error.what());
        std::fflush(nullptr);
        ::_exit(1);
    }
    std::cout.flush();
    std::fflush(nullptr);
    ::_exit(0);
}

}  // namespace bobbin::inline v0::ipc::detail
