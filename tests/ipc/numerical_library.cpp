// A shared library that starts threads as it is loaded: as OpenBLAS does, as many as
// OPENBLAS_NUM_THREADS says beside the first; with STUBBORN one more, whatever that says.
#include <cstdlib>
#include <pthread.h>
#include <thread>
#include <unistd.h>

namespace {

int wanted = [] {
    const char* const variable = std::getenv("OPENBLAS_NUM_THREADS");
    return variable != nullptr ? std::atoi(variable) : 4;
}();

[[noreturn]] void wait_for_work() {
    for (;;) ::pause();
}

void start(const char* name) {
    std::thread thread(wait_for_work);
    ::pthread_setname_np(thread.native_handle(), name);
    thread.detach();
}

[[maybe_unused]] const bool started = [] {
    for (int i = 1; i < wanted; ++i) start("multiplier");
#ifdef STUBBORN
    start("stubborn");
#endif
    return true;
}();

}  // namespace

extern "C" void openblas_set_num_threads(int threads);
extern "C" int openblas_get_num_threads();

void openblas_set_num_threads(int threads) {
    wanted = threads;
}
int openblas_get_num_threads() {
    return wanted;
}
