#include "control_socket.hpp"
#include "fork_server.hpp"
#include "worker.hpp"

#include <bobbin/ipc/init.hpp>
#include <bobbin/runtime/detail/callable.hpp>

#include <cstdlib>
#include <fcntl.h>
#include <string_view>
#include <sys/socket.h>
#include <unistd.h>

namespace bobbin::inline v0::ipc {
namespace {

using namespace detail;

// Nobody has these descriptors there who was not started by us.
bool is_control_socket(int descriptor) noexcept {
    int type = 0;
    socklen_t size = sizeof type;
    return ::getsockopt(descriptor, SOL_SOCKET, SO_TYPE, &type, &size) == 0 &&
           type == SOCK_SEQPACKET;
}

[[noreturn]] void become_server() {
    const std::size_t threads = threads_of_this_process();
    if (threads == 1) serve(first_inherited);
    const server_packet refusal{.what = server_news::refuses,
                                .number = static_cast<std::int32_t>(threads)};
    static_cast<void>(send_packet_blocking(first_inherited, std::as_bytes(std::span(&refusal, 1))));
    ::_exit(1);
}

[[noreturn]] void become_worker(char** argv) {
    std::vector<owned_descriptor> descriptors;
    for (int i = 0; i < static_cast<int>(descriptors_of_a_worker); ++i) {
        descriptors.emplace_back(first_inherited + i);
        ::fcntl(first_inherited + i, F_SETFD, FD_CLOEXEC);
    }
    const auto depth = static_cast<std::uint32_t>(std::atoi(argv[3]));
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
