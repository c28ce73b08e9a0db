// The jobs of a supervisor, from `post` until they have been told of their end. Under its lock.
//
//              ┌── put_back ──┐
//              ▼              │
//   post ──▶ waiting ─ send ─▶ sent ─ end ─▶ nowhere, to be told ──▶ told
//              └────────────────────── end ────▲
//
// What one worker does first or last is sent and admitted, and never waits.
//
// Invariant: a call is in a list of those that wait if and only if its stage says so; `awaited`
// counts those of both stages that somebody waits for, and who waits for all; and what was admitted
// is counted until it has been told, whoever has it meanwhile.
#pragma once

#include <bobbin/ipc/detail/pool/remote_call.hpp>

#include <boost/intrusive/list.hpp>

#include <cassert>
#include <cstddef>
#include <cstdint>

namespace bobbin { inline namespace v0 { namespace ipc::detail {

// Links the calls themselves, so that it takes no memory. A call is in one at a time.
using call_list = boost::intrusive::list<remote_call, boost::intrusive::constant_time_size<false>>;

class job_table {
public:
    // --- the stages of a call ---

    // What is to be done by any worker waits.
    void post(remote_call& call) noexcept;
    // What one worker does first or last is sent to it at once.
    void admit(remote_call& call) noexcept;
    // To a worker's slot, as its job `number`.
    void send(remote_call& call, worker_slot& to, std::uint64_t number) noexcept;
    // It was sent, and has not begun: it waits again, before the others.
    void put_back(remote_call& call) noexcept;
    // Its end is known. Who says so tells it, when it has not the lock,
    void end(remote_call& call, remote_call::end how) noexcept;
    // or leaves that to the driver. True: that is to be woken, as there was nothing else to tell.
    [[nodiscard]] bool end_later(remote_call& call, remote_call::end how) noexcept;
    // It has been told, and wants its `close_on_driver`. Returns the same.
    [[nodiscard]] bool close_later(remote_call& call) noexcept;

    // --- what waits ---

    [[nodiscard]] bool has_waiting() const noexcept {
        return !urgent_.empty() || !waiting_.empty();
    }
    // The first, of the urgent ones if there is any. There is one.
    [[nodiscard]] remote_call& next() noexcept {
        return urgent_.empty() ? waiting_.front() : urgent_.front();
    }

    // --- who waits ---

    // Somebody waits for it from now on. False: that was known, or it has ended.
    [[nodiscard]] bool await(remote_call& call) noexcept;
    [[nodiscard]] bool is_awaited() const noexcept { return awaited_ > 0; }
    // Who waits for all there are.
    void begin_to_drain() noexcept { ++awaited_; }
    void drained() noexcept { --awaited_; }

    // --- the driver ---

    [[nodiscard]] bool has_to_tell() const noexcept {
        return !ended_.empty() || !to_close_.empty();
    }
    void take(call_list& ended, call_list& to_close) noexcept;
    void told(std::size_t calls, std::size_t closed) noexcept;

    // --- until nothing is left ---

    // Untold calls.
    [[nodiscard]] std::size_t size() const noexcept { return calls_; }
    [[nodiscard]] bool is_drained() const noexcept { return calls_ == 0 && holders_ == 0; }
    // Whoever means to post more.
    void hold() noexcept { ++holders_; }
    void release() noexcept { --holders_; }

private:
    call_list& list_of(const remote_call& call) noexcept {
        return call.is_urgent ? urgent_ : waiting_;
    }
    void leave(remote_call& call) noexcept;

    call_list urgent_;
    call_list waiting_;
    call_list ended_;     // to be told by the driver
    call_list to_close_;  // by the driver
    std::size_t calls_ = 0;
    std::size_t awaited_ = 0;
    std::size_t holders_ = 0;
    std::uint64_t ids_ = 0;
};

// Each job passes these: inline.

inline void job_table::admit(remote_call& call) noexcept {
    call.supervised.id = ++ids_;
    ++calls_;
}

inline void job_table::post(remote_call& call) noexcept {
    assert(call.supervised.stage == remote_call::stage::nowhere);
    admit(call);
    call.supervised.stage = remote_call::stage::waiting;
    call.error = nullptr;
    if (call.is_awaited) ++awaited_;
    list_of(call).push_back(call);
}

inline void job_table::leave(remote_call& call) noexcept {
    if (!call.is_waiting()) return;
    call_list& list = list_of(call);
    list.erase(list.iterator_to(call));
}

inline void job_table::send(remote_call& call, worker_slot& to, std::uint64_t number) noexcept {
    assert(!call.is_sent());
    leave(call);
    call.supervised.stage = remote_call::stage::sent;
    call.supervised.slot = &to;
    call.supervised.number = number;
}

inline void job_table::end(remote_call& call, remote_call::end how) noexcept {
    assert(call.supervised.stage != remote_call::stage::nowhere);
    leave(call);
    call.supervised.stage = remote_call::stage::nowhere;
    call.ended_as = how;
    if (call.is_awaited) --awaited_;
}

}}}  // namespace bobbin::v0::ipc::detail
