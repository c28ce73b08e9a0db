// The inside of a supervisor: see supervisor.hpp for the ways of a job.
//
// One lock protects the table of jobs and the slots of workers. These are the truth; a job ring
// only says how far its worker has come. `ended()` is called without the lock.
#pragma once

#include "memory/segment_store.hpp"
#include "pool/dispatcher.hpp"
#include "pool/driver_sleep.hpp"
#include "pool/job_table.hpp"
#include "pool/output_lines.hpp"
#include "pool/recent_deaths.hpp"
#include "pool/supervisor_lock.hpp"
#include "pool/worker_slot.hpp"
#include "process/fork_server.hpp"

#include <bobbin/ipc/detail/pool/supervisor.hpp>
#include <bobbin/ipc/process_pool_options.hpp>
#include <bobbin/ipc/segment.hpp>
#include <bobbin/runtime/deadline.hpp>
#include <bobbin/runtime/detail/os/asio_objects.hpp>
#include <bobbin/runtime/detail/os/memory_shortage.hpp>
#include <bobbin/runtime/detail/os/process_generation.hpp>
#include <bobbin/runtime/time_span.hpp>

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

namespace bobbin { inline namespace v0 { namespace ipc::detail {

using bobbin::detail::error_of;
using bobbin::detail::pool_descriptor;
using bobbin::detail::until_there_is_memory;

// What was read from job rings, to be told to those who wait for it when the lock is not held.
struct arrivals {
    struct one {
        remote_call* call = nullptr;
        worker_line* line = nullptr;  // by which its segments came
        answer what = answer::value;
        std::size_t begin = 0;      // in `bytes`
        std::uint64_t size = 0;     // there, or in its segment
        std::uint64_t segment = 0;  // 0: none
    };
    std::vector<one> all;
    std::vector<std::byte> bytes;
    call_list ended;                                   // they know already how
    call_list to_close;                                // they were told, but not their callbacks
    std::vector<std::unique_ptr<worker_line>> closed;  // of workers that have ended
    std::vector<std::shared_ptr<output_lines>> outputs;

    void clear() noexcept {
        all.clear();
        bytes.clear();
    }
    // For all that can be read from it. May throw, before there is anything to lose.
    void make_room_for(const worker_slot& at) {
        all.reserve(all.size() + at.in_ring());
        bytes.reserve(bytes.size() + job_ring::ring_bytes);
    }
    void make_room_to_vacate(const worker_slot& at) {
        make_room_for(at);
        closed.reserve(closed.size() + 1);
        outputs.reserve(outputs.size() + 1);
    }
};

// So many attempts to start a worker may fail in a row: a second's worth, and half a minute's if it
// is the server that dies, which may be others' doing.
inline constexpr unsigned most_errors = 7;
inline constexpr unsigned most_server_deaths = 30;

// The same file, to be waited for by the driver, which closes what it gets.
pool_descriptor watched_by(thread_pool& driver, int descriptor);

class initial_call;

class supervisor_core : public std::enable_shared_from_this<supervisor_core>,
                        public bobbin::detail::left_to_parent {
public:
    explicit supervisor_core(const process_pool_options& options);

    // After the constructor, as these need a shared_ptr of it.
    void start();
    void end();
    // In a forked child, in place of `end`.
    void leave_to_parent() noexcept;

    void post(std::span<remote_call* const> calls);
    bool take_back(remote_call& call) noexcept;
    void ask_to_stop(remote_call& call) noexcept;
    bool has_begun(const remote_call& call) const noexcept;
    void awaited(remote_call& call) noexcept;
    void close_later(remote_call& call) noexcept;
    void bring(const remote_call& call);
    std::uint32_t new_group() noexcept {
        return groups_.fetch_add(1, std::memory_order_relaxed) + 1;
    }
    unsigned size() const noexcept { return options_.workers; }
    thread_pool& driver() noexcept { return *driver_; }
    bool is_needed_here() const noexcept;
    bool on_driver() const noexcept { return bobbin::detail::is_thread_of(driver_core_); }
    segment_store& store() noexcept { return *store_; }
    void hold() noexcept;
    void release() noexcept;
    void drain();
    void stop() noexcept;

private:
    friend class dispatcher;
    using clock = std::chrono::steady_clock;

    // --- under the lock ---
    bool start_worker(worker_slot& at);
    std::shared_ptr<output_lines> make_output();
    std::unique_ptr<initial_call> first_call(const initializer& what, const char* name);
    void send_first(worker_slot& at, std::unique_ptr<initial_call> call, const char* name);
    void first_call_failed(const char* name, const std::exception_ptr& error);
    void await_finish(std::unique_lock<std::mutex>& lock);
    void begin_time(worker_slot& at, const remote_call& call);
    void watch_time(worker_slot& at, std::uint64_t job, time_span time);
    bool has_passed(worker_slot& at, const remote_call& call, supervisor_lock& ours);
    bool retract(remote_call& call) noexcept;
    bool withdraw(remote_call& call) noexcept;
    void hurry(supervisor_lock& ours) noexcept;
    void stop_one(remote_call& call) noexcept;
    void end_later(remote_call& call, remote_call::end how) noexcept;
    bool read_results(worker_slot& at, arrivals& to);
    static std::optional<result_header> header_of(const worker_slot& at,
                                                  std::span<const std::byte> result) noexcept;
    void worker_ended(worker_slot& at, const exit_status& how, arrivals& to);
    void forget_calls(worker_slot& at, arrivals& to) noexcept;
    static std::exception_ptr death_of(const worker_slot& at, const std::optional<exit_status>& how,
                                       const remote_call& call) noexcept;
    void vacate(worker_slot& at, std::optional<exit_status> how, arrivals& to);
    bool wants_worker(worker_slot& at) noexcept;
    void fill_slots(arrivals& to);
    void replace(worker_slot& at, arrivals& to);
    void start_failed(worker_slot& at, const std::string& why, unsigned most, arrivals& to);
    void give_up(worker_slot& at, std::uint64_t job, std::exception_ptr why,
                 arrivals& ended) noexcept;
    pool_timer& timer_of(worker_slot& at);
    void break_down(const std::string& why, arrivals& to);
    void read_news(arrivals& to);
    void server_gone(arrivals& to);
    void open_server_later() noexcept;
    void put_off_starts(const std::string& why, arrivals& to);

    [[nodiscard]] bool is_the_only_one(const remote_call& call) const noexcept {
        return table_.size() == 1 && call.stage_ == remote_call::stage::sent;
    }

    // --- by who reads results ---
    void tell(arrivals& those) noexcept;
    void tell_of_results(arrivals& those);
    bool read_alone(const remote_call& call);

    // --- on the driver ---
    template <class Step>
    void by_driver(Step step);
    void want_driver() noexcept;
    void do_chores();
    void listen_to_doorbell();
    void listen_to_server();
    void hear_news();
    bool look_at_results();
    bool read_all_rings(bool& any) noexcept;
    bool must_look_again(wake_up then);
    bool read_all(wake_up then);
    void set_second_look();
    void look_a_second_time();
    void later(void (supervisor_core::*what)());
    static void tell_one(const arrivals::one& each, const arrivals& of) noexcept;
    void time_is_up(worker_slot& at, std::uint64_t generation, std::uint64_t job);
    void end_worker(worker_slot& at, std::uint64_t job, int signal);
    void after_grace(worker_slot& at, std::uint64_t job, int signal);
    void start_again(worker_slot& at);
    void open_server();
    void limit_start_of_server();
    void send_owed_stops();
    void end_running_later();
    void end_running();
    void begin_idleness() noexcept;
    void watch_idleness();
    void look_at_idleness();

    const process_pool_options options_;
    std::optional<fork_session> server_;  // made while there is no thread of ours: it may be a copy
    std::unique_ptr<thread_pool> driver_;
    const bobbin::detail::pool_core* const driver_core_;  // also when that has ended
    const std::shared_ptr<segment_store> store_ = std::make_shared<segment_store>();
    arrivals arrivals_;   // of who reads, so that its memory is used again
    std::mutex reading_;  // held by who reads results, until they are told; before the other
    mutable std::mutex mutex_;
    std::condition_variable idle_;
    std::condition_variable worker_gone_;
    owned_descriptor doorbell_;
    owned_descriptor waiter_doorbell_;
    const unsigned library_threads_;  // each worker's share: asking is a dozen system calls
    std::optional<pool_descriptor> doorbell_reader_;
    std::optional<pool_descriptor> server_reader_;
    std::vector<std::unique_ptr<worker_slot>> slots_;
    job_table table_;
    std::optional<fork_session::news> news_;  // that is being read, until all is done about it
    deadline idle_until_ = deadline::never;
    enum class idleness : std::uint8_t { none, begins, is_watched } idleness_ = idleness::none;
    driver_sleep sleep_;
    // The driver's, but those of slots.
    struct timers {
        std::optional<pool_timer> second_look;
        std::optional<pool_timer> idleness;
        std::optional<pool_timer> stop;
        std::optional<pool_timer> owed_stops;
        std::optional<pool_timer> server;
    } timers_;
    std::atomic<std::uint32_t> groups_{0};
    dispatcher dispatcher_{*this};
    recent_deaths deaths_;
    std::string broken_;                       // why, if it is
    std::shared_ptr<supervisor_core> itself_;  // in a forked child, for ever
    bool has_chores_ = false;
    bool has_waiter_ = false;
    bool is_opening_server_ = false;
    bool stopped_ = false;
    bool ending_ = false;
};

// What the driver has to do, and can't tell anybody that it could not: again, until there is memory
// for it, and without the lock in between. What the step has done before it throws is told, and
// must not matter when it is done again.
template <class Step>
void supervisor_core::by_driver(Step step) {
    until_there_is_memory([&] {
        arrivals ended;
        try {
            supervisor_lock ours(mutex_, doorbell_.get());
            step(ended, ours);
        } catch (...) {
            tell(ended);
            throw;
        }
        tell(ended);
    });
}

}}}  // namespace bobbin::v0::ipc::detail
