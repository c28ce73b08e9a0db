// Affinity masks: on which processors the system may run a thread.
#pragma once

#include <bobbin/runtime/cpu_set.hpp>

#include <string>
#include <sys/types.h>

namespace bobbin { inline namespace v0 { namespace detail {

// That of a thread, by its number in the system; 0: the calling one; getpid(): the main thread.
// Empty if the system doesn't tell.
cpu_set affinity_of(pid_t thread);

// What the process may use, as far as it tells: where its main thread or the calling one may run. A
// thread that is bound itself may want others elsewhere, and the main thread may be the bound one.
cpu_set usable_cpus();

// Of the calling thread. Throws std::system_error, which names the processors.
void set_affinity(const cpu_set& cpus);

// As "0-3,8".
std::string to_text(const cpu_set& cpus);

}}}  // namespace bobbin::v0::detail
