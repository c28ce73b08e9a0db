// What goes over a worker's socket beside its job ring: descriptors, and what can't wait for a
// job's end.
#pragma once

#include <cstdint>

namespace bobbin { inline namespace v0 { namespace ipc::detail {

enum class packet_kind : std::uint32_t {
    segment,     // with its descriptor; either way, ahead of what names its number
    forget,      // that segment: there is nobody left to name it
    stop,        // the job of that number, if it runs
    last_words,  // of a child that could not become a worker, because of that errno; and a text
};

struct worker_packet {
    packet_kind kind = packet_kind::segment;
    std::uint32_t unused = 0;
    std::uint64_t number = 0;
};

}}}  // namespace bobbin::v0::ipc::detail
