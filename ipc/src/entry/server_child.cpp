// See server_child.hpp.
#include "entry/server_child.hpp"

#include "os/standard_output.hpp"
#include "os/uninterrupted.hpp"
#include "pool/worker.hpp"
#include "process/last_words.hpp"
#include "process/process_start.hpp"
#include "process/program.hpp"

#include <bobbin/runtime/detail/os/fault_point.hpp>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <fcntl.h>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <sys/prctl.h>
#include <system_error>
#include <unistd.h>
#include <utility>
#include <variant>

namespace bobbin { inline namespace v0 { namespace ipc::detail {
namespace {

// The numbers of this process's open descriptors; nothing where there is no /proc.
std::vector<unsigned> open_descriptors() {
    std::vector<unsigned> all;
    std::error_code error;
    std::filesystem::directory_iterator each("/proc/self/fd", error);
    for (; !error && each != std::filesystem::directory_iterator(); each.increment(error))
        all.push_back(static_cast<unsigned>(std::atoi(each->path().filename().c_str())));
    return all;
}

void close_between(unsigned below, unsigned above) noexcept {
    if (::close_range(below + 1, above - 1, 0) == 0) return;
    // The kernel, or a filter, has none. Not all numbers are tried: there may be a billion.
    const auto open = open_descriptors();
    for (const unsigned each : open)
        if (below < each && each < above) ::close(static_cast<int>(each));
    if (!open.empty()) return;
    const auto most = static_cast<unsigned>(::sysconf(_SC_OPEN_MAX));
    for (unsigned each = below + 1; each < std::min(above, most); ++each)
        ::close(static_cast<int>(each));
}

// Throws: the child lacks `what`, for the reason `error`.
[[noreturn]] void lack(const std::string& what, int error = errno) {
    throw std::system_error(error, std::generic_category(), what);
}

void set_in_environment(const std::string& variable) {
    char* const kept = ::strdup(variable.c_str());  // the environment has it from then on
    if (kept == nullptr || ::putenv(kept) != 0) lack("its environment");
}

void set_preload_variables() {
    try {
        for (const std::string& each : preload_variables()) set_in_environment(each);
    } catch (const std::logic_error& error) {
        lack(error.what(), ENOENT);  // it was there when this server was started
    }
}

// Throws, or tells why itself.
[[noreturn]] void execute_worker(const worker_request& wanted,
                                 const std::vector<owned_descriptor>& descriptors) {
    set_preload_variables();
    const std::string path = path_of_program();
    const std::string slot = std::to_string(wanted.slot);
    const std::string depth = std::to_string(wanted.depth);
    const std::string refused = path + " can't be executed with the environment that it is given";
    const char* const no_descriptors = "it can't hand on its descriptors (ulimit -n)";
    // The descriptors first get out of each other's way, then to their places.
    std::vector<owned_descriptor> above;
    above.reserve(descriptors.size());
    const int first_free = first_inherited + static_cast<int>(descriptors.size());
    for (const auto& each : descriptors) {
        above.emplace_back(::fcntl(each.get(), F_DUPFD_CLOEXEC, first_free));
        // It is EINVAL if already the first is beyond the limit.
        if (!above.back()) lack(no_descriptors, EMFILE);
    }
    // Its old number may be another's from here on, so nothing below throws.
    const int control = above.at(static_cast<std::size_t>(worker_descriptor::control)).get();
    const char* what = refused.c_str();
    bool has_all = true;
    for (std::size_t i = 0; has_all && i < above.size(); ++i)
        has_all = uninterrupted([&] {
                      return ::dup2(above[i].get(), first_inherited + static_cast<int>(i));
                  }) >= 0;
    // Without these arguments it would be the user's program once more.
    if (has_all)
        ::execl(path.c_str(), path.c_str(), worker_token, slot.c_str(), depth.c_str(), nullptr);
    else
        what = no_descriptors;
    tell_last_words(control, errno, what);
    ::_exit(127);
}

void prepare_worker(const worker_request& wanted, std::vector<owned_descriptor>& descriptors) {
    constexpr auto out = static_cast<std::size_t>(worker_descriptor::output);
    constexpr auto error = static_cast<std::size_t>(worker_descriptor::error);
    take_standard_output(descriptors.at(out), descriptors.at(error));
    descriptors.resize(descriptors_of_a_worker);
    for (const std::string& each : wanted.environment) set_in_environment(each);
    if (!wanted.working_directory.empty() && ::chdir(wanted.working_directory.c_str()) != 0)
        lack("its working_directory '" + wanted.working_directory + "'");
}

[[noreturn]] void become_worker(const worker_request& wanted,
                                std::vector<owned_descriptor> descriptors) noexcept {
    bobbin::detail::fault_point("worker.start");
    const int control = descriptors.at(static_cast<std::size_t>(worker_descriptor::control)).get();
    try {
        prepare_worker(wanted, descriptors);
        if (wanted.executes) execute_worker(wanted, descriptors);
    } catch (const std::exception& error) {
        tell_why_not(control, error);
        ::_exit(1);
    }
    about_this_program().depth = wanted.depth;
    run_worker(wanted.slot, wanted.depth, std::move(descriptors));
}

[[noreturn]] void become_process(const process_request& wanted,
                                 std::vector<owned_descriptor> descriptors) noexcept {
    about_this_program().depth = wanted.depth;
    run_process(wanted, std::move(descriptors));
}

}  // namespace

void close_others(const std::vector<owned_descriptor>& kept) noexcept {
    std::vector<unsigned> open{2};
    for (const auto& each : kept) open.push_back(static_cast<unsigned>(each.get()));
    std::ranges::sort(open);
    open.push_back(~0U);
    for (std::size_t i = 0; i + 1 < open.size(); ++i)
        if (open[i] + 1 < open[i + 1]) close_between(open[i], open[i + 1]);
}

void run_child(const child_request& wanted, pid_t server,
               std::vector<owned_descriptor> descriptors) noexcept {
    bobbin::detail::fault_point("child.forked");
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);     // where that is refused, two other means are left
    if (::getppid() != server) ::_exit(1);  // it has died already, and no signal will come
    close_others(descriptors);
    if (const auto* const call = std::get_if<process_request>(&wanted))
        become_process(*call, std::move(descriptors));
    become_worker(std::get<worker_request>(wanted), std::move(descriptors));
}

}}}  // namespace bobbin::v0::ipc::detail
