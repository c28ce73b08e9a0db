#include "fork_server.hpp"
#include "other_threads.hpp"
#include "program.hpp"
#include "thread_caps.hpp"
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

// A library that starts threads as it is loaded does so by these, which are 1 for a fork server if
// the user doesn't say anything else.
std::string how_to_have_no_threads() {
    std::string variables;
    for (const thread_cap& each : thread_caps) {
        const char* const value = std::getenv(each.variable);
        if (value == nullptr || std::string_view(value) == "1") continue;
        variables += std::string(variables.empty() ? "" : ", ") + each.variable + '=' + value;
    }
    const std::string own =
        "start them in main, after bobbin::ipc::init, in place of a static object";
    if (variables.empty())
        return "If they are yours, " + own +
               "; a library that starts one as it is loaded has to be told not to, or loaded later";
    return "Unset " + variables + " in the environment, or set it to 1; if they are yours, " + own;
}

[[noreturn]] void become_server() {
    about_this_program().started_as = origin::user;
    leave_starting_environment();
    if (threads_of_this_process() == 1) serve(first_inherited);
    tell_refusal("it has threads before main, which it can't fork with: " +
                 describe_other_threads() + ". " + how_to_have_no_threads());
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
