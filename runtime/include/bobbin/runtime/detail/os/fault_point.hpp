// Places where tests let a process die, stop or dawdle: a build with BOBBIN_FAULTS has them, others
// are free of them. The names at the call sites are part of the protocols' documentation.
#pragma once

namespace bobbin { inline namespace v0 { namespace detail {

#ifdef BOBBIN_FAULTS

// What FAULT in the environment asks for at the place of that name, else nothing.
//
//     FAULT=name:action:n=K       at the K-th passage (default: the first) of the place `name`; of
//                                 any place, if that is `*`
//
// Actions: kill9 and stop send this process SIGKILL or SIGSTOP, delay sleeps for 10 ms. Passages
// are counted by process; a forked child goes on counting where its parent was.
void fault_point(const char* name) noexcept;

// The same as setting FAULT, from now on and with the count at 0; null disarms. Returns how many
// matching places were passed until now. Not while another thread passes one.
unsigned long arm_fault(const char* fault);

#else

inline constexpr void fault_point(const char*) noexcept {}

#endif

}}}  // namespace bobbin::v0::detail
