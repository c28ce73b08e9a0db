#include "fork_server.hpp"
#include "program.hpp"
#include "worker.hpp"

#include <bobbin/ipc/init.hpp>
#include <bobbin/runtime/detail/callable.hpp>

#include <cstdlib>
#include <fcntl.h>
#include <string_view>
#include <unistd.h>

namespace bobbin::inline v0::ipc {
namespace {

using namespace detail;

[[noreturn]] void become_server() {
    about_this_program().started_as = origin::user;
    leave_starting_environment();
    const std::size_t threads = threads_of_this_process();
    if (threads == 1) serve(first_inherited);
    tell_refusal("it has " + std::to_string(threads) +
                 " threads before main: a static object starts one. Start it in main, after "
                 "bobbin::ipc::init");
    ::_exit(1);
}

[[noreturn]] void become_worker(char** argv) {
    std::vector<owned_descriptor> descriptors;
    for (int i = 0; i < static_cast<int>(descriptors_of_a_worker); ++i) {
        descriptors.emplace_back(first_inherited + i);
        ::fcntl(first_inherited + i, F_SETFD, FD_CLOEXEC);
    }
    const auto depth = static_cast<std::uint32_t>(std::atoi(argv[3]));
    about_this_program().started_as = origin::user;
    about_this_program().depth = depth;
    run_worker(static_cast<std::uint32_t>(std::atoi(argv[2])), depth, std::move(descriptors));
}

}  // namespace

void init(int argc, char** argv) {
    about_this_program().initialised = true;
    bobbin::detail::check_callables();
    const std::string_view first = argc > 1 ? argv[1] : "";
    if (first == server_token && is_control_socket(first_inherited)) become_server();
    const int control = first_inherited + static_cast<int>(worker_descriptor::control);
    if (first == worker_token && argc == 4 && is_control_socket(control)) become_worker(argv);
}

void init(const init_options& options) {
    about_this_program().initialised = true;
    about_this_program().server = options.server;
    bobbin::detail::check_callables();
}

}  // namespace bobbin::inline v0::ipc
