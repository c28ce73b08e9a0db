// See thread_caps.hpp.
#include "os/thread_caps.hpp"

#include <cstdlib>
#include <dlfcn.h>
#include <string>

namespace bobbin { inline namespace v0 { namespace ipc::detail {

void cap_library_threads(unsigned threads) noexcept {
    // Of bobbin::default_pool, which is made when it is asked for.
    ::setenv("BOBBIN_THREADS", std::to_string(threads).c_str(), 0);
    for (const auto& each : thread_caps) {
        // There may be no memory for it.
        ::setenv(each.variable, std::to_string(threads).c_str(), 0);
        const char* const value = std::getenv(each.variable);
        const int wanted = value != nullptr ? std::atoi(value) : static_cast<int>(threads);
        auto* const function =
            reinterpret_cast<void (*)(int)>(::dlsym(RTLD_DEFAULT, each.function));
        if (function != nullptr && wanted > 0) function(wanted);
    }
}

}}}  // namespace bobbin::v0::ipc::detail
