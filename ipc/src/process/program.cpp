// See program.hpp.
#include "process/program.hpp"

#include "os/control_socket.hpp"
#include "os/owned_descriptor.hpp"
#include "os/thread_caps.hpp"
#include "process/server_packet.hpp"

#include <bobbin/runtime/detail/os/own_program.hpp>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <fcntl.h>
#include <filesystem>
#include <link.h>
#include <span>
#include <sstream>
#include <stdexcept>
#include <string_view>
#include <sys/auxv.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

extern char** environ;  // NOLINT: POSIX declares it nowhere

namespace bobbin { inline namespace v0 { namespace ipc::detail {
namespace {

// How many, then the names of the other variables that were added.
constexpr const char* starts_variable = "BOBBIN_STARTS";

constexpr const char* preload_variable = "LD_PRELOAD";
constexpr const char* users_preload_variable = "BOBBIN_LD_PRELOAD";  // what that is to be later

int starts_so_far() noexcept {
    const char* const text = std::getenv(starts_variable);
    return text != nullptr ? std::atoi(text) : 0;
}

std::string_view name_of(std::string_view variable) {
    return variable.substr(0, variable.find('='));
}

// Only a process that we started has these descriptors.
bool is_control_socket(int descriptor) noexcept {
    int type = 0;
    socklen_t size = sizeof type;
    return ::getsockopt(descriptor, SOL_SOCKET, SO_TYPE, &type, &size) == 0 &&
           type == SOCK_SEQPACKET;
}

bool has_interpreter() noexcept {
    const auto look_at_program = [](dl_phdr_info* module, std::size_t /*size*/, void* result) {
        for (const auto& part : std::span(module->dlpi_phdr, module->dlpi_phnum))
            if (part.p_type == PT_INTERP) *static_cast<bool*>(result) = true;
        return 1;  // the first module is the program
    };
    bool found = false;
    ::dl_iterate_phdr(look_at_program, &found);
    return found;
}

}  // namespace

this_program& about_this_program() noexcept {
    static this_program about;
    return about;
}

void look_at_arguments(int count, char** arguments) {
    this_program& program = about_this_program();
    const std::string_view first = count > 1 ? arguments[1] : "";
    if (first == server_token) program.started_as = origin::server;
    if (first == worker_token && count == 4) {
        program.started_as = origin::worker;
        program.depth = static_cast<std::uint32_t>(std::atoi(arguments[3]));
    }
}

std::string shared_library_at(const void* address) {
    Dl_info place{};
    link_map* module = nullptr;
    if (::dladdr1(address, &place, reinterpret_cast<void**>(&module), RTLD_DL_LINKMAP) == 0 ||
        module->l_name[0] == '\0')
        return {};
    return std::filesystem::absolute(module->l_name);
}

void tell_refusal(const std::string& why) {
    server_refusal refusal;
    refusal.text_size =
        static_cast<std::uint32_t>(why.copy(refusal.text.data(), refusal.text.size()));
    send_first_word(first_inherited, std::as_bytes(std::span(&refusal, 1)));
}

void send_first_word(int socket, std::span<const std::byte> word) {
    const owned_descriptor own(static_cast<int>(::syscall(SYS_pidfd_open, ::getpid(), 0)));
    const int pidfd = own.get();
    // Hardly any application needs the pidfd, and all wait for the word: send it alone, rather than
    // not at all.
    if (send_packet_blocking(socket, word, std::span(&pidfd, own ? 1 : 0)) == sending::would_block)
        static_cast<void>(send_packet_blocking(socket, word));
}

bool has_control_socket() noexcept {
    constexpr int of_worker = static_cast<int>(worker_descriptor::control);
    const bool is_worker = about_this_program().started_as == origin::worker;
    return is_control_socket(first_inherited + (is_worker ? of_worker : 0));
}

void refuse_to_start_more() {
    const origin started_as = about_this_program().started_as;
    if (started_as == origin::user) return;
    if (!has_control_socket())
        throw std::logic_error(
            "bobbin: this process was started as a fork server or worker, as its first argument "
            "says, and lacks the socket to who did that, so it starts nothing. Does sudo, or a "
            "script, close descriptors?");
    const std::string why =
        "it makes a process pool, or a process, before bobbin::ipc::init(argc, argv) is called in "
        "it, which has to be the first line of its main; its static objects can't make any";
    if (started_as == origin::server)
        tell_refusal(why);
    else
        std::fprintf(stderr, "bobbin: worker %d: %s\n", ::getpid(), why.c_str());
    ::_exit(1);
}

// The kernel says where it has loaded the program's interpreter to, if it has.
bool is_started_by_loader() noexcept {
    return ::getauxval(AT_BASE) == 0 && has_interpreter();
}

std::string path_of_program() {
    using bobbin::detail::own_program;
    const std::string path = bobbin::detail::path_of_own_program();
    if (path.empty()) return own_program;
    struct stat named {};
    struct stat running {};
    // Opened, as valgrind gives the program's file to who opens it, and its own to who only asks.
    const owned_descriptor own(::open(own_program, O_RDONLY | O_CLOEXEC));
    const bool same = own && ::stat(path.c_str(), &named) == 0 &&
                      ::fstat(own.get(), &running) == 0 && named.st_dev == running.st_dev &&
                      named.st_ino == running.st_ino;
    return same ? path : own_program;  // it was replaced or deleted since
}

std::vector<std::string> starting_environment() {
    // A static object may run another program, which has pools, also in a server that is starting.
    constexpr int most_starts = 3;
    const int starts = starts_so_far();
    if (starts >= most_starts) {
        const std::string why =
            "it and the programs that started it were all started as fork servers, and none of "
            "them was given the argument that says so: does a script leave out \"$@\"?";
        if (has_control_socket()) tell_refusal(why);
        throw std::logic_error("bobbin: this program starts no fork server: " + why);
    }
    std::vector<std::string> all = preload_variables();
    std::string added = std::string(starts_variable) + '=' + std::to_string(starts + 1);
    for (const thread_cap& each : thread_caps) {
        if (std::getenv(each.variable) != nullptr) continue;
        all.push_back(std::string(each.variable) + "=1");
        added += std::string(" ") + each.variable;
    }
    all.push_back(added);
    const std::vector<std::string> ours = all;
    const auto is_ours = [&](const char* variable) {
        return std::ranges::any_of(
            ours, [&](const std::string& own) { return name_of(own) == name_of(variable); });
    };
    for (char** each = environ; *each != nullptr; ++each)
        if (!is_ours(*each)) all.emplace_back(*each);
    return all;
}

std::vector<std::string> preload_variables() {
    std::string libraries;
    for (const std::string& each : about_this_program().loaded_first) {
        if (each.find_first_of(": ") != std::string::npos || ::access(each.c_str(), R_OK) != 0)
            throw std::logic_error(
                "bobbin: " + each +
                " calls bobbin::ipc::init(), so fork servers and workers have to load it before "
                "main (LD_PRELOAD); they can't: its file is gone, or has a space or a colon in its "
                "path");
        libraries += (libraries.empty() ? "" : ":") + each;
    }
    if (libraries.empty()) return {};
    const char* const others = std::getenv(preload_variable);
    const std::string users = others != nullptr ? others : "";
    return {std::string(preload_variable) + '=' + libraries + (users.empty() ? "" : ":") + users,
            std::string(users_preload_variable) + '=' + users};
}

void leave_starting_environment() {
    const char* const added = std::getenv(starts_variable);
    std::istringstream words(added != nullptr ? added : "");
    for (std::string each; words >> each;) ::unsetenv(each.c_str());
    ::unsetenv(starts_variable);
    const char* const users = std::getenv(users_preload_variable);
    if (users == nullptr) return;
    // Without memory for it, what this process starts loads our libraries, too, which is no harm.
    if (*users != '\0')
        ::setenv(preload_variable, users, 1);
    else
        ::unsetenv(preload_variable);
    ::unsetenv(users_preload_variable);
}

}}}  // namespace bobbin::v0::ipc::detail
