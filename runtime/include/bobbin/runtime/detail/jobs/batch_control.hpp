// How the jobs of one range are shared out. A batch is a source of inputs, and the place where
// results meet. Runners, tasks on the pool, pull: each takes a chunk of inputs, runs them, brings
// the results and takes the next chunk, under one lock. A chunk takes a tenth of a millisecond, or
// is a single job, so that nobody has to be told how many jobs go into one.
//
// A runner starts the next when there is more to do, until there are `most_runners`; it ends when
// the window is full or the inputs are. So there are as many as are of use, and one is enough to
// get everything done. The reader of the results starts one where the window has opened again.
//
//     window >= taken - released;   released: of a stream, what was handed to the reader,
//                                   otherwise what is finished
//
// Everything here is under the batch's lock.
#pragma once

#include <bobbin/runtime/detail/task/join_scope.hpp>
#include <bobbin/runtime/detail/task/wait_point.hpp>
#include <bobbin/runtime/job_options.hpp>

#include <cassert>
#include <chrono>
#include <cstddef>
#include <limits>

namespace bobbin { inline namespace v0 { namespace detail {

class batch_control {
public:
    struct limits {
        std::size_t chunk = automatic;
        bool more_at_once = false;  // chunks of short jobs are larger than that
        // What a chunk should take, if its size is automatic: long against what it costs to take
        // one (a lock, a clock, an allocation: half a microsecond), short against what workers may
        // wait for each other at the end.
        std::chrono::nanoseconds chunk_time = std::chrono::microseconds(100);
        std::size_t window = automatic;
        unsigned most_runners = 1;
    };
    explicit batch_control(const limits& of) noexcept : limits_(of) {}

    // How many inputs a runner may take whose last chunk was of `last` jobs.
    // `left`: inputs to come, or more.
    std::size_t grant(std::size_t last, std::size_t left) const noexcept;
    void took(std::size_t jobs) noexcept {
        assert(jobs <= room());
        taken_ += jobs;
    }
    void measured(std::size_t jobs, std::chrono::nanoseconds time) noexcept;
    void released(std::size_t jobs) noexcept {
        released_ += jobs;
        assert(released_ <= taken_);
    }

    // No more inputs are taken.
    void close() noexcept { closed_ = true; }
    bool closed() const noexcept { return closed_; }

    // A runner that is started pulls until it stops pulling, and ends after that.
    bool wants_runner() const noexcept;
    void runner_started() noexcept { ++pulling_, ++alive_; }
    void runner_stops_pulling() noexcept {
        assert(pulling_ > 0);
        --pulling_;
    }
    void runner_ended() noexcept {
        assert(alive_ > pulling_);
        --alive_;
    }
    bool has_runner() const noexcept { return alive_ > 0; }

    // Nothing will come any more.
    bool finished() const noexcept { return closed_ && alive_ == 0; }

private:
    std::size_t fitting_a_chunk(std::size_t last) const noexcept;
    std::size_t room() const noexcept { return limits_.window - (taken_ - released_); }

    const limits limits_;
    std::size_t taken_ = 0;
    std::size_t released_ = 0;
    double job_ns_ = 0;  // how long a job takes, of late; 0 before the first
    unsigned pulling_ = 0;
    unsigned alive_ = 0;
    bool closed_ = false;
};

}}}  // namespace bobbin::v0::detail
