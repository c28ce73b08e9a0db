// A job for a supervisor: see supervisor.hpp.
#pragma once

#include <bobbin/ipc/decoder.hpp>
#include <bobbin/ipc/detail/encoding/payload.hpp>
#include <bobbin/runtime/time_span.hpp>

#include <boost/intrusive/list_hook.hpp>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <span>

namespace bobbin { inline namespace v0 { namespace ipc::detail {

struct worker_slot;

// In a supervisor's lists.
using call_hook =
    boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::normal_link>>;

// Made and destroyed by those who post it. From `post` until `ended` it is the
// supervisor's.
class remote_call : public call_hook {
public:
    remote_call(const remote_call&) = delete;
    remote_call& operator=(const remote_call&) = delete;

    // What is to be done.
    std::uint64_t callable = 0;  // its key
    std::uint32_t group = 0;     // after an error in it, its later jobs are skipped; 0: none
    std::uint32_t place = 0;     // in the group
    bool is_coroutine = false;   // it can be asked to stop
    bool is_urgent = false;
    bool is_awaited = false;  // by somebody who should not wait longer than need be
    time_span timeout{};      // zero: none
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

    // Once for each time it was posted: on the driver's thread, or on one that waits for this call
    // (`supervisor::bring`). It may be posted again. The bytes are there until this returns.
    virtual void ended(const encoded& result) noexcept = 0;
    // On the driver's thread, if that was asked for by `supervisor::close_later`.
    virtual void close_on_driver() noexcept {}

    // Its supervisor's, under that one's lock.
    enum class stage : std::uint8_t { nowhere, waiting, sent };
    struct {
        worker_slot* slot = nullptr;  // where it was sent,
        std::uint64_t number = 0;     // and as what job there
        std::uint64_t id = 0;         // among its supervisor's
        remote_call::stage stage = stage::nowhere;
        bool has_run = false;    // at least in part, this time or before
        bool is_pinned = false;  // to the worker that it was sent to
        bool was_asked_to_stop = false;
    } supervised;
    // Last: all else of many calls in a row is passed more often.
    payload arguments;
    [[nodiscard]] bool is_waiting() const noexcept { return supervised.stage == stage::waiting; }
    [[nodiscard]] bool is_sent() const noexcept { return supervised.stage == stage::sent; }

protected:
    remote_call() = default;
    virtual ~remote_call() = default;
};

}}}  // namespace bobbin::v0::ipc::detail
