// See mc_pi_isa.hpp.
#include <bobbin/workloads/mc_pi_isa.hpp>

namespace bobbin { inline namespace v0 {

bool is_supported(mc_pi_isa isa) {
#ifdef __x86_64__
    // These builtins ask the operating system, too, whether it saves the wider registers.
    __builtin_cpu_init();
    if (isa == mc_pi_isa::avx512) {
        return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
               __builtin_cpu_supports("avx512vl");
    }
    if (isa == mc_pi_isa::avx2) {
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("popcnt");
    }
    return true;
#else
    return isa == mc_pi_isa::fastest || isa == mc_pi_isa::baseline;
#endif
}

mc_pi_isa fastest_mc_pi_isa() {
    static const mc_pi_isa fastest = is_supported(mc_pi_isa::avx512) ? mc_pi_isa::avx512
                                     : is_supported(mc_pi_isa::avx2) ? mc_pi_isa::avx2
                                                                     : mc_pi_isa::baseline;
    return fastest;
}

}}  // namespace bobbin::v0
