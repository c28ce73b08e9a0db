// Wakes those who wait for a number when a process ends that they wait for as well.
#pragma once

#include "sync/event_count.hpp"

#include <bobbin/ipc/segment.hpp>

#include <cstdint>

namespace bobbin { inline namespace v0 { namespace ipc::detail {

// Somebody waits for that number.
class death_watching {
public:
    explicit death_watching(const event_count<>& number);
    death_watching(const death_watching&) = delete;
    death_watching& operator=(const death_watching&) = delete;
    ~death_watching();

private:
    const event_count<>* const number_;
};

// Once that process has ended, the number is poked: by a thread of this process, which sleeps
// beside its pidfd until then, or at once. The number is in `memory`. Asking for the same twice is
// the same as once. It ends soon after the last `death_watching` of the number. Throws
// std::system_error if the system has no descriptor or thread.
void poke_at_death(std::uint64_t process_identity, const segment& memory, event_count<>& number);

}}}  // namespace bobbin::v0::ipc::detail
