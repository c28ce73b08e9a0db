#pragma once

namespace bobbin { inline namespace v0 {

// The instruction sets that mc_pi's fast kernel is compiled for. They differ in speed only.
enum class mc_pi_isa {
    fastest,   // the fastest that this machine supports
    baseline,  // what every machine of this architecture has
    avx2,
    avx512,  // its F, DQ and VL parts
};

// Whether the CPU has it and the operating system lets programs use it. Any thread may call it.
[[nodiscard]] bool is_supported(mc_pi_isa isa);

// What mc_pi_isa::fastest stands for on this machine: never itself. Any thread may call it.
[[nodiscard]] mc_pi_isa fastest_mc_pi_isa();

}}  // namespace bobbin::v0
