#include "program.hpp"

#include "control_socket.hpp"
#include "owned_descriptor.hpp"
#include "server_packet.hpp"
#include "thread_caps.hpp"

#include <algorithm>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <sstream>
#include <stdexcept>
#include <string_view>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

extern char** environ;  // NOLINT: POSIX declares it nowhere

namespace bobbin::inline v0::ipc::detail {
namespace {

// How many, then the names of the other variables that were added.
constexpr const char* starts_variable = "BOBBIN_STARTS";

// Before all static objects, as these may make pools. That it is given the arguments is an
// extension of glibc's.
#if defined(__GLIBC__)
[[gnu::constructor(101)]] void look_at_arguments(int count, char** arguments,
                                                 char** /*variables*/) {
    const std::string_view first = count > 1 ? arguments[1] : "";
    if (first == server_token) about_this_program().started_as = origin::server;
    if (first == worker_token) about_this_program().started_as = origin::worker;
}
#endif

int starts_so_far() noexcept {
    const char* const text = std::getenv(starts_variable);
    return text != nullptr ? std::atoi(text) : 0;
}

}  // namespace

this_program& about_this_program() noexcept {
    static this_program about;
    return about;
}

bool is_control_socket(int descriptor) noexcept {
    int type = 0;
    socklen_t size = sizeof type;
    return ::getsockopt(descriptor, SOL_SOCKET, SO_TYPE, &type, &size) == 0 &&
           type == SOCK_SEQPACKET;
}

void tell_refusal(const std::string& why) {
    server_refusal refusal;
    refusal.text_size =
        static_cast<std::uint32_t>(why.copy(refusal.text.data(), refusal.text.size()));
    static_cast<void>(send_packet_blocking(first_inherited, std::as_bytes(std::span(&refusal, 1))));
}

void refuse_to_start_more() {
    const origin started_as = about_this_program().started_as;
    if (started_as == origin::user) return;
    const std::string why =
        "it makes a process pool, or a process, before bobbin::ipc::init(argc, argv) is called in "
        "it, which has to be the first line of its main; its static objects can't make any";
    if (!is_control_socket(first_inherited))
        throw std::logic_error("bobbin: this program was started as a worker or fork server: " +
                               why);
    if (started_as == origin::server)
        tell_refusal(why);
    else
        std::fprintf(stderr, "bobbin: worker %d: %s\n", ::getpid(), why.c_str());
    ::_exit(1);
}

std::string path_of_program() {
    const std::string self = "/proc/self/exe";
    std::string path(PATH_MAX, '\0');
    const auto size = ::readlink(self.c_str(), path.data(), path.size());
    if (size <= 0) return self;
    path.resize(static_cast<std::size_t>(size));
    struct stat named {};
    struct stat running {};
    // Opened, as valgrind gives the program's file to who opens it, and its own to who only asks.
    const owned_descriptor own(::open(self.c_str(), O_RDONLY | O_CLOEXEC));
    const bool same = own && ::stat(path.c_str(), &named) == 0 &&
                      ::fstat(own.get(), &running) == 0 && named.st_dev == running.st_dev &&
                      named.st_ino == running.st_ino;
    return same ? path : self;  // it was replaced or deleted since
}

std::vector<std::string> starting_environment() {
    // A static object may run another program, which has pools, also in a server that is starting.
    constexpr int most_starts = 3;
    const int starts = starts_so_far();
    if (starts >= most_starts) {
        const std::string why =
            "it and the programs that started it were all started as fork servers, and none of "
            "them was given the argument that says so: does a script leave out \"$@\"?";
        if (is_control_socket(first_inherited)) tell_refusal(why);
        throw std::logic_error("bobbin: this program starts no fork server: " + why);
    }
    const std::string counts = std::string(starts_variable) + '=';
    std::string added = counts + std::to_string(starts + 1);
    std::vector<std::string> all;
    for (char** each = environ; *each != nullptr; ++each)
        if (!std::string_view(*each).starts_with(counts)) all.emplace_back(*each);
    for (const thread_cap& each : thread_caps) {
        if (std::getenv(each.variable) != nullptr) continue;
        all.push_back(std::string(each.variable) + "=1");
        added += std::string(" ") + each.variable;
    }
    all.push_back(added);
    return all;
}

void leave_starting_environment() {
    const char* const added = std::getenv(starts_variable);
    std::istringstream words(added != nullptr ? added : "");
    for (std::string each; words >> each;) ::unsetenv(each.c_str());
    ::unsetenv(starts_variable);
}

}  // namespace bobbin::inline v0::ipc::detail
