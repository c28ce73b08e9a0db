// The workers of a process_pool, as jobs see them: what is posted here is done by one of them.
//
//     post ──▶ waiting ──▶ sent to a worker's lane ──▶ claimed by it ──▶ ended()
//                 ▲                │ its worker died        │ its worker died: worker_died
//                 └────────────────┘                        ▼
// Whoever holds the lock may send: so a job goes straight from the thread that submits it to a
// worker that sleeps. Results are read by the driver, a thread that the workers ring a bell for.
#pragma once

#include <bobbin/ipc/decoder.hpp>
#include <bobbin/ipc/detail/parcel.hpp>
#include <bobbin/ipc/process_pool_options.hpp>
#include <bobbin/runtime/thread_pool.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <span>

namespace bobbin::inline v0::ipc::detail {

class crew_core;
struct seat;

// A job for the crew, made and destroyed by those who post it. From `post` until `ended` it is the
// crew's.
class remote_call {
public:
    remote_call(const remote_call&) = delete;
    remote_call& operator=(const remote_call&) = delete;

    // What is to be done.
    std::uint64_t callable = 0;  // its key
    parcel arguments;
    std::uint32_t group = 0;    // after an error in it, its later jobs are skipped; 0: none
    std::uint32_t place = 0;    // in the group
    bool is_coroutine = false;  // it can be asked to stop
    bool is_urgent = false;
    std::chrono::nanoseconds timeout{0};  // 0: none
    unsigned attempt = 1;

    // What came of it.
    enum class end : std::uint8_t {
        value,      // its encoding comes with `ended`
        error,      // `error`
        skipped,    // as its group had failed
        withdrawn,  // it has not run
    };
    end ended_as = end::value;
    std::exception_ptr error;

    struct encoded {
        std::span<const std::byte> bytes;
        segment_source* segments = nullptr;
    };

protected:
    remote_call() = default;
    virtual ~remote_call() = default;

private:
    friend class crew_core;
    friend struct call_list;
    // On a thread of the driver, once for each time it was posted. It may be posted again. The
    // bytes are there until this returns.
    virtual void ended(const encoded& result) noexcept = 0;

    enum class stage : std::uint8_t { nowhere, waiting, sent };
    stage stage_ = stage::nowhere;
    seat* seat_ = nullptr;      // where it was sent,
    std::uint64_t number_ = 0;  // and as what job there
    std::uint64_t id_ = 0;      // in its crew
    bool was_claimed_ = false;  // by a worker that died
    remote_call* next_ = nullptr;
    remote_call* previous_ = nullptr;
};

class crew {
public:
    // Starts the workers. Throws what process_pool's constructor does.
    explicit crew(const process_pool_options& options);
    crew(const crew&) = delete;
    crew& operator=(const crew&) = delete;
    ~crew() = default;

    // Any thread. Throws pool_broken if there are no workers and will be none.
    void post(std::span<remote_call* const> calls);
    // True: it will not run, and ends as `withdrawn`. Any thread.
    bool take_back(remote_call& call) noexcept;
    // That, or asks it to stop if it runs and can be asked.
    void ask_to_stop(remote_call& call) noexcept;
    // Whether a worker has begun it.
    bool has_begun(const remote_call& call) const noexcept;

    // For what a call's arguments are too large.
    segment_store& store() noexcept;
    std::uint32_t new_group() noexcept;
    unsigned size() const noexcept;
    thread_pool& driver() noexcept;
    // All that has not begun is withdrawn, what runs is asked to stop.
    void stop() noexcept;
    // Waits until nothing is posted and nobody holds it.
    void drain();
    // After that: ends the workers, and the driver.
    void end();
    // Whoever means to post more.
    void hold() noexcept;
    void release() noexcept;

private:
    std::shared_ptr<crew_core> core_;
};

}  // namespace bobbin::inline v0::ipc::detail
