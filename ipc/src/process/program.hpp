// This program as it can see itself: how it was started, and how it is started again. A fork server
// and a worker of start_method::spawn are this program, or another that stands in for it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace bobbin { inline namespace v0 { namespace ipc::detail {

// What a program that is started again has as its first argument. The descriptors from
// `first_inherited` on say whether that is true.
inline constexpr const char* server_token = "--bobbin-fork-server";
inline constexpr const char* worker_token = "--bobbin-worker";
inline constexpr int first_inherited = 3;

// Who started this process, and for what.
enum class origin : std::uint8_t { user, server, worker };

struct this_program {
    bool initialised = false;          // init() was called
    origin started_as = origin::user;  // as its first argument says, until init() has made it that
    std::uint32_t depth = 0;           // how many pools this process is a worker inside of
    std::string server;                // to be started in place of this program, if not empty
    // Shared libraries that call init() in what is started again, which loads them before main.
    std::vector<std::string> loaded_first;
};
this_program& about_this_program() noexcept;

// Whether what was started as something has the socket to who did that.
bool has_control_socket() noexcept;

// Notes what this process was started as, by its first argument.
void look_at_arguments(int count, char** arguments);

// The path of the shared library that the address lies in; empty if that is the program.
std::string shared_library_at(const void* address);

// What is started again is not to start anything until init() has made it what it was started for:
// it would do so without end. Then this tells who started it, and ends the process; or it throws
// std::logic_error if that can't be told. In other processes it does nothing.
void refuse_to_start_more();

// Tells whoever started this process as a fork server why it does not become one.
void tell_refusal(const std::string& why);

// A fork server's, which says that it is one, or why not; with its own pidfd, for an application
// that can't have one itself.
void send_first_word(int socket, std::span<const std::byte> word);

// Whether it is an argument of its loader (ld.so), whose file is then that of the process.
bool is_started_by_loader() noexcept;

// The program's own file, to be executed.
std::string path_of_program();

// The environment of a program that is started again as a fork server. In it
//   - are the `preload_variables`;
//   - numerical libraries are to start no threads, unless the user says how many;
//   - those are counted that were started in each other and have not become one so far, as who does
//     not see its arguments never will. Throws std::logic_error if these are too many.
std::vector<std::string> starting_environment();
// "NAME=value" each, for any program that is started again. Throws std::logic_error if one of the
// libraries can't be loaded so.
std::vector<std::string> preload_variables();
// Takes back what these added, for what is started from here.
void leave_starting_environment();

}}}  // namespace bobbin::v0::ipc::detail
