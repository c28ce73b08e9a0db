// See outcomes.hpp.
#include "pool/outcomes.hpp"

#include "encoding/exception_codec.hpp"
#include "pool/worker_slot.hpp"

#include <bobbin/ipc/encoding.hpp>
#include <bobbin/ipc/errors.hpp>

#include <optional>
#include <span>

namespace bobbin { inline namespace v0 { namespace ipc::detail {

void outcomes::make_room_for(const worker_slot& at) {
    results.reserve(results.size() + at.in_ring());
    bytes.reserve(bytes.size() + job_ring::ring_bytes);
}

void outcomes::make_room_to_vacate(const worker_slot& at) {
    make_room_for(at);
    closed.reserve(closed.size() + 1);
    outputs.reserve(outputs.size() + 1);
}

namespace {

remote_call& taken_from(call_list& list) noexcept {
    remote_call& call = list.front();
    list.pop_front();
    return call;
}

}  // namespace

outcomes::counts outcomes::tell() noexcept {
    counts all{.told = results.size()};
    for (const result& each : results) tell(each);
    for (; !ended.empty(); ++all.told) taken_from(ended).ended({});
    for (; !to_close.empty(); ++all.closed) taken_from(to_close).close_on_driver();
    for (const auto& each : outputs) each->finish();
    return all;
}

void outcomes::tell(const result& each) const noexcept {
    remote_call& call = *each.call;
    remote_call::encoded encoded;
    encoded.segments = each.socket;
    std::optional<segment> large;
    call.ended_as =
        each.what == answer::skipped ? remote_call::end::skipped : remote_call::end::value;
    try {
        encoded.bytes = std::span(bytes).subspan(each.begin, each.segment == 0 ? each.size : 0);
        if (each.segment != 0) {
            large = each.socket->find(each.segment);
            if (each.size > large->size())
                throw protocol_error("bobbin: a worker's result is larger than its segment");
            encoded.bytes = {large->data(), each.size};
        }
        if (each.what == answer::error) {
            decoder from(reader(encoded.bytes), encoded.segments);
            call.error = decode_exception(from);
            call.ended_as = remote_call::end::error;
        }
    } catch (...) {
        call.error = std::current_exception();
        call.ended_as = remote_call::end::error;
    }
    call.ended(encoded);
}

}}}  // namespace bobbin::v0::ipc::detail
