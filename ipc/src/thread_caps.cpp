#include "thread_caps.hpp"

#include <array>
#include <cstdlib>
#include <dlfcn.h>
#include <string>

namespace bobbin::inline v0::ipc::detail {

void cap_library_threads(unsigned threads) noexcept {
    struct library {
        const char* variable;  // read when it is loaded
        const char* function;  // void(int), for when it was
    };
    static constexpr std::array<library, 4> known = {{
        {"OMP_NUM_THREADS", "omp_set_num_threads"},
        {"OPENBLAS_NUM_THREADS", "openblas_set_num_threads"},
        {"MKL_NUM_THREADS", "MKL_Set_Num_Threads"},
        {"BLIS_NUM_THREADS", "bli_thread_set_num_threads"},
    }};
    for (const auto& each : known) {
        ::setenv(each.variable, std::to_string(threads).c_str(), 0);
        const int wanted = std::atoi(::getenv(each.variable));
        auto* const function =
            reinterpret_cast<void (*)(int)>(::dlsym(RTLD_DEFAULT, each.function));
        if (function != nullptr && wanted > 0) function(wanted);
    }
}

}  // namespace bobbin::inline v0::ipc::detail
