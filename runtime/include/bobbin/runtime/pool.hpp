// What a pool is: one interface for every place where jobs can run. Algorithms and workloads are
// written against it, as templates over `pool`, and one suite of tests
// (tests/runtime/pool_contract.hpp) runs over all models of it.
//
// Models: `sequential_pool` (in line, the reference), `thread_pool`, `ipc::process_pool`; later the
// ranks of an MPI job.
//
// JOBS. A job is a call `f(args…)` of a copy of `f` with copies of the arguments, as rvalues. `f`
// is called as const if it can be. If not (a mutable lambda, operator() &&), `submit` and `run`
// call it as an rvalue, for each try another copy; maps don't take it, as one copy of `f` serves
// all elements. `f` can cross to another process: it is a `fn`, a lambda without captures, an empty
// functor, or what `bind` and `apply` make of these. (`thread_pool` also takes captures and
// function pointers; code that uses that runs on threads only.) If `f` returns a task, that is
// awaited as part of the job.
// R is what it returns, without const and reference; void or movable. Each job has a status and is
// executed once, but for `retries`. A pool of n workers executes n jobs at a time; those of f that
// are coroutines, on threads, as many as the window admits.
//
// OPERATIONS (signatures: `pool_interface`)
//     submit([options,] f, args…)         job<R>            begins at once, may be dropped
//     run(f, args…)                       task<R>           a job as a part of the awaiting task
//     map(f, range)                       task<vector<R>>   in the order of the inputs (void: void)
//     starmap(f, tuples)                  task<vector<R>>   f(elements of a tuple…)
//     map_each(f, range)                  task<vector<outcome<R>>>   errors are results
//     map_stream(f, range)                result_stream<R>  lazy, in the order of the inputs
//     map_unordered(f, range)             result_stream<R>  lazy, in the order of completion
//     map_reduce(f, range, reduce, init)  task<T>           reduce(… reduce(init, R0) …, Rn), from
//                                                           the left, in the order of the inputs
//     size() close() stop()               workers; no more jobs; the same, and cancel
// Ranges are taken in order and one element at a time, by one thread at a time, when a worker is
// free for it (map: as many as the window admits, others: at most a window ahead of the reader), so
// that they may be endless in streams. Elements are copied, or moved from a range of rvalues. An
// lvalue range must live until the awaited operation has ended or the stream is dropped.
//
// ERRORS
//     f throws                 job: failed, with it. map, starmap: see below. map_each, streams: an
//                              outcome at its place, which costs no other job anything, whatever
//                              the chunk. map_reduce: thrown.
//     `reduce` throws          thrown by map_reduce
//     the range throws         as if the job at that place had failed, and the range ended there
//     timeout passes           `timed_out`, as if f had thrown it. Threads: the job is asked to
//                              stop and counts as unfinished until it ends; its late result is
//                              dropped. Sequential: known afterwards. Processes: its worker is
//                              ended, unless the job has ended by then.
//     worker dies (processes)  `worker_died`, as if f had thrown it, unless `retries` remain
//     chunk_size 0, window 0,  std::invalid_argument, from the call
//     timeout < 0, retries with arguments that can't be copied
//     after close or stop      `pool_closed`, from the call
//     blocking on a worker     `would_deadlock` (what is noticed: job::get)
//     no memory                std::bad_alloc, from the call or the await; nothing is left running
// On the first error, map and starmap take no more inputs and begin no job after the failed one;
// those before it run, those that run are awaited; then the error of the lowest index is thrown:
// the same one whatever ran when. map_reduce stops, awaits, and throws the first in order too.
//
// CANCELLATION
//     job::cancel()            pending: true, it never runs. Running: false, it is asked to stop.
//     the awaiting task is asked to stop
//         run                  the job is cancelled, awaited; throws what it ended with
//         map… (tasks)         no more is begun, jobs that run are asked to stop and awaited;
//                              `cancelled`
//         job, stream, as_completed    `cancelled` from the await; jobs run on
//     a stream is dropped      no more is begun, jobs that run are asked to stop, not awaited
//     close()                  what was taken before runs to its end, maps and streams included
//     stop()                   pending jobs are cancelled, running ones asked to stop; maps and
//                              streams that are not done throw `cancelled`
//     ~pool                    close(), then waits for all that was taken. Its streams must not be
//                              read any more; its jobs may be asked.
// A job that is a coroutine learns that it is asked to stop from `this_stop_token`.
//
// FORK. Pools, their threads and their workers are of the process that made them. A child of fork()
// has copies of the objects, with which nothing hangs and nothing of the parent's is touched:
//     a call for a job, map or stream; the await of one that was made before    `pool_closed`
//     get, wait, await, on_done, as_completed of a job
//         that had ended at the fork               as ever: its result, the callback at once
//         that had not                             `pool_closed`; its status stays, cancel() is
//         false
//     close, stop, destructors of pools, jobs, streams    do nothing
// It may make a pool of its own (not of a vfork or a raw clone, which are not noticed), and end by
// _exit, exit, exec or by returning from main. A child that was forked in a task, a job or a
// callback, on a thread of a pool's, is not to await anything or to return to the pool, where the
// work of the parent lies: that ends it with a message and exit code 1. Sequential pools have no
// threads, and go on in the child.
//
// Threads. Everything may be called from any thread, by tasks of any pool and by code that is none
// (`sync_wait(pool.map(…))`); an awaiting task goes on on its own pool.
#pragma once

#include <bobbin/runtime/fn.hpp>
#include <bobbin/runtime/job.hpp>
#include <bobbin/runtime/job_options.hpp>
#include <bobbin/runtime/outcome.hpp>
#include <bobbin/runtime/result_stream.hpp>
#include <bobbin/runtime/task.hpp>

#include <concepts>
#include <functional>
#include <tuple>
#include <vector>

namespace bobbin { inline namespace v0 {

namespace detail {

// Archetypes of what pools are given.
struct example_function {
    int operator()(int x) const { return x; }
    int operator()(int x, int) const { return x; }
};
struct example_procedure {
    void operator()(int) const {}
};

// --- what a pool can do, one by one: a compiler names what a type lacks ---

// A call can be handed to it, with options or without; a `job` of the call's result stands for it.
template <class P>
concept takes_jobs = requires(P& p, example_function f, example_procedure procedure,
                              job_options options) {
    { p.submit(f, 1) } -> std::same_as<job<int>>;
    { p.submit(options, f, 1) } -> std::same_as<job<int>>;
    { p.submit(procedure, 1) } -> std::same_as<job<void>>;
};

// A task can have a call done there as a part of itself.
template <class P>
concept runs_calls = requires(P& p, example_function f) {
    { p.run(f, 1) } -> std::same_as<task<int>>;
};

// A task can have a call done for each element of a range, and gets all results in their order.
template <class P>
concept maps_ranges = requires(P& p, example_function f, example_procedure procedure,
                               std::vector<int>& range, std::vector<std::tuple<int, int>>& tuples,
                               map_options options) {
    { p.map(f, range) } -> std::same_as<task<std::vector<int>>>;
    { p.map(f, range, options) } -> std::same_as<task<std::vector<int>>>;
    { p.map(procedure, range, options) } -> std::same_as<task<void>>;
    { p.starmap(f, tuples, options) } -> std::same_as<task<std::vector<int>>>;
};

// The same, and an error of one element is a result as others are.
template <class P>
concept maps_to_outcomes = requires(P& p, example_function f, std::vector<int>& range,
                                    map_options options) {
    { p.map_each(f, range, options) } -> std::same_as<task<std::vector<outcome<int>>>>;
};

// Results of a range can be read while it is worked on, in its order or as they come.
template <class P>
concept streams_results = requires(P& p, example_function f, std::vector<int>& range,
                                   map_options options) {
    { p.map_stream(f, range, options) } -> std::same_as<result_stream<int>>;
    { p.map_unordered(f, range, options) } -> std::same_as<result_stream<int>>;
};

// Results of a range can be brought down to one value, from the left.
template <class P>
concept reduces_ranges = requires(P& p, example_function f, std::vector<int>& range,
                                  map_options options) {
    { p.map_reduce(f, range, std::plus<>(), 0L, options) } -> std::same_as<task<long>>;
};

// It says how many jobs it does at a time.
template <class P>
concept has_workers = requires(P& p) {
    { p.size() } -> std::same_as<unsigned>;
};

// It can be told to take no more, and to stop what it has taken.
template <class P>
concept can_be_closed = requires(P& p) {
    { p.close() } -> std::same_as<void>;
    { p.stop() } -> std::same_as<void>;
};

}  // namespace detail

template <class P>
concept pool = detail::takes_jobs<P> && detail::runs_calls<P> && detail::maps_ranges<P> &&
    detail::maps_to_outcomes<P> && detail::streams_results<P> && detail::reduces_ranges<P> &&
    detail::has_workers<P> && detail::can_be_closed<P>;

}}  // namespace bobbin::v0
