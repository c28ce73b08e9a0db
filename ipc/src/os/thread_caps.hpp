// How many threads the numerical libraries in a worker may start, and which variables they read.
#pragma once

#include <array>

namespace bobbin { inline namespace v0 { namespace ipc::detail {

struct thread_cap {
    const char* variable;  // read by the library when it is loaded
    const char* function;  // void(int), for when it was
};
inline constexpr std::array<thread_cap, 4> thread_caps = {{
    {"OMP_NUM_THREADS", "omp_set_num_threads"},
    {"OPENBLAS_NUM_THREADS", "openblas_set_num_threads"},
    {"MKL_NUM_THREADS", "MKL_Set_Num_Threads"},
    {"BLIS_NUM_THREADS", "bli_thread_set_num_threads"},
}};

// Tells OpenMP, OpenBLAS, MKL and BLIS, whether they are loaded already or will be, and bobbin's
// default pool. What the environment says has precedence.
void cap_library_threads(unsigned threads) noexcept;

}}}  // namespace bobbin::v0::ipc::detail
