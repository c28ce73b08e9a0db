// See init.hpp.
#include "entry/static_objects.hpp"
#include "os/other_threads.hpp"
#include "os/thread_caps.hpp"
#include "pool/worker.hpp"
#include "process/fork_server.hpp"
#include "process/program.hpp"

#include <bobbin/ipc/init.hpp>
#include <bobbin/runtime/detail/jobs/callable.hpp>

#include <algorithm>
#include <cstdlib>
#include <fcntl.h>
#include <string_view>
#include <unistd.h>

namespace bobbin { inline namespace v0 { namespace ipc {
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

[[noreturn]] void become_worker() {
    this_program& program = about_this_program();
    program.started_as = origin::user;
    leave_starting_environment();
    std::vector<owned_descriptor> descriptors;
    for (int i = 0; i < static_cast<int>(descriptors_of_a_worker); ++i) {
        descriptors.emplace_back(first_inherited + i);
        // It fails only for a descriptor that is closed, which run_worker can't use either.
        ::fcntl(first_inherited + i, F_SETFD, FD_CLOEXEC);
    }
    run_worker(0, program.depth, std::move(descriptors));
}

void become_what_it_was_started_as() {
    bobbin::detail::check_callables();
    const origin started_as = about_this_program().started_as;
    if (started_as == origin::user || !has_control_socket()) return;
    if (started_as == origin::server) become_server();
    become_worker();
}

// What init() has to wait for, in a process that is to become something.
enum class static_objects : std::uint8_t {
    not_waited_for,
    being_made,
    being_made_after_init,  // which was called by one of them
};
static_objects now = static_objects::not_waited_for;

void all_are_made() {
    const bool was_called = now == static_objects::being_made_after_init;
    now = static_objects::not_waited_for;
    if (was_called) become_what_it_was_started_as();
}

// Before all static objects, as these may make pools or call init(). That it is given the arguments
// is an extension of glibc's.
#if defined(__GLIBC__)
[[gnu::constructor(101)]] void begin(int count, char** arguments, char** /*variables*/) {
    look_at_arguments(count, arguments);
    if (about_this_program().started_as != origin::user && call_after_static_objects(all_are_made))
        now = static_objects::being_made;
}
#endif

}  // namespace

namespace detail {

void init_from(const void* address_in_module) {
    this_program& program = about_this_program();
    program.initialised = true;
    auto& libraries = program.loaded_first;
    std::string library = shared_library_at(address_in_module);
    if (!library.empty() && std::ranges::find(libraries, library) == libraries.end())
        libraries.push_back(std::move(library));
    bobbin::detail::check_callables();
    if (now == static_objects::not_waited_for)
        become_what_it_was_started_as();
    else
        now = static_objects::being_made_after_init;
}

}  // namespace detail

void init(int argc, char** argv) {
    about_this_program().initialised = true;
    look_at_arguments(argc, argv);
    become_what_it_was_started_as();
}

void init(const init_options& options) {
    about_this_program().initialised = true;
    about_this_program().server = options.server;
    bobbin::detail::check_callables();
}

}}}  // namespace bobbin::v0::ipc
