// See job_table.hpp.
#include "pool/job_table.hpp"

#include <cassert>
#include <utility>

namespace bobbin { inline namespace v0 { namespace ipc::detail {

void job_table::put_back(remote_call& call) noexcept {
    assert(call.is_sent() && !call.supervised.is_pinned);
    call.supervised.stage = remote_call::stage::waiting;
    list_of(call).push_front(call);
}

bool job_table::end_later(remote_call& call, remote_call::end how) noexcept {
    end(call, how);
    const bool is_first = ended_.empty();
    ended_.push_back(call);
    return is_first;
}

bool job_table::close_later(remote_call& call) noexcept {
    ++holders_;  // callbacks belong to what the pool's end waits for
    const bool is_first = to_close_.empty();
    to_close_.push_back(call);
    return is_first;
}

bool job_table::await(remote_call& call) noexcept {
    if (std::exchange(call.is_awaited, true) ||
        call.supervised.stage == remote_call::stage::nowhere)
        return false;
    ++awaited_;
    return true;
}

void job_table::take(call_list& ended, call_list& to_close) noexcept {
    ended.splice(ended.end(), ended_);
    to_close.splice(to_close.end(), to_close_);
}

void job_table::told(std::size_t calls, std::size_t closed) noexcept {
    assert(calls <= calls_ && closed <= holders_);
    calls_ -= calls;
    holders_ -= closed;
}

}}}  // namespace bobbin::v0::ipc::detail
