// See run_and_exit.hpp.
#include "process/run_and_exit.hpp"

#include <bobbin/ipc/worker_state.hpp>

#include <cstdio>
#include <exception>
#include <iostream>
#include <unistd.h>

namespace bobbin { inline namespace v0 { namespace ipc::detail {

void flush_output() noexcept {
    std::cout.flush();
    std::clog.flush();
    std::fflush(nullptr);
}

void run_and_exit(const std::function<int()>& function) noexcept {
    int code = 1;
    try {
        code = function();
        destroy_states();
    } catch (const std::exception& error) {
        std::fprintf(stderr, "bobbin: process %d: %s\n", ::getpid(), error.what());
    } catch (...) {
        std::fprintf(stderr, "bobbin: process %d: an exception that is none of std's\n",
                     ::getpid());
    }
    flush_output();
    ::_exit(code);
}

void end_worker(const char* why) noexcept {
    std::fprintf(stderr, "bobbin: worker %d: %s\n", ::getpid(), why);
    flush_output();
    ::_exit(1);
}

}}}  // namespace bobbin::v0::ipc::detail
