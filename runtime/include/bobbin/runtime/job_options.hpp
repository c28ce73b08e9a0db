// How jobs are to be run.
#pragma once

#include <bobbin/runtime/priority.hpp>
#include <bobbin/runtime/time_span.hpp>

#include <cstddef>
#include <limits>
#include <type_traits>

namespace bobbin { inline namespace v0 {

// Of one job. Whatever is left out has the value shown.
struct job_options {
    // For each time that the job is run, from its beginning; 0 is none. When it has passed, the job
    // fails with `timed_out`, whatever it ends with later, and is asked to stop; until it has ended
    // it still counts as work of the pool. Negative: std::invalid_argument.
    time_span timeout{};
    // How many times a job that threw, or whose worker died, is run again, with fresh copies of its
    // arguments, before its error counts. Not after `cancelled` and `timed_out`, nor when it was
    // cancelled while it ran.
    unsigned retries = 0;
    bobbin::priority priority = priority::normal;
};

// The pool chooses, and adapts to how long jobs take.
inline constexpr std::size_t automatic = std::numeric_limits<std::size_t>::max();

// Of the jobs that are made of a range.
struct map_options {
    // Jobs that a worker takes at once. 0: std::invalid_argument. Each job has its own result and
    // error, whatever its chunk. With a timeout, and by worker processes in any case, they are
    // taken one at a time; so are coroutines.
    std::size_t chunk_size = automatic;
    // Inputs taken from the range whose jobs are unfinished, at most; of streams, whose results
    // have not been handed on to the reader either. 0: std::invalid_argument. Automatic: 1024 for
    // streams and for functions that are coroutines, unbounded otherwise.
    std::size_t window = automatic;
    time_span timeout{};   // of each job, as in `job_options`
    unsigned retries = 0;  // of each job
    bobbin::priority priority = priority::normal;
};

static_assert(std::is_trivially_destructible_v<job_options> &&
                  std::is_trivially_destructible_v<map_options>,
              "or designated initialisers in a co_await break on g++ 12");

}}  // namespace bobbin::v0
