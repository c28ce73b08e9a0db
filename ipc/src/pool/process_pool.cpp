// See process_pool.hpp.
#include <bobbin/ipc/process_pool.hpp>
#include <bobbin/runtime/errors.hpp>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <system_error>

namespace bobbin { inline namespace v0 { namespace ipc {
namespace {

const process_pool_options& checked(const process_pool_options& options) {
    constexpr unsigned most = 1024;
    if (options.workers == 0 || options.workers > most)
        throw std::invalid_argument("bobbin: a process_pool has 1 to 1024 workers, not " +
                                    std::to_string(options.workers));
    if (options.output == output::capture && !options.on_output)
        throw std::invalid_argument(
            "bobbin: a process_pool that captures output needs on_output, which gets it");
    // The system would take what stands before it.
    const auto has_nul = [](const std::string& text) {
        return text.find('\0') != std::string::npos;
    };
    if (has_nul(options.working_directory) || std::ranges::any_of(options.environment, has_nul))
        throw std::invalid_argument(
            "bobbin: a process_pool's working_directory and environment have no NUL in them");
    for (const std::string& each : options.environment)
        if (each.find('=') == std::string::npos || each.front() == '=')
            throw std::invalid_argument(
                "bobbin: a process_pool's environment has NAME=value, not '" + each + "'");
    const std::string& directory = options.working_directory;
    if (std::error_code error;
        !directory.empty() && !std::filesystem::is_directory(directory, error))
        throw std::system_error(
            error ? error : std::make_error_code(std::errc::not_a_directory),
            "bobbin: the working_directory of a process_pool, '" + directory + "'");
    return options;
}

}  // namespace

process_pool::process_pool(const process_pool_options& options)
    : supervisor_(std::make_shared<detail::supervisor>(checked(options))) {}

process_pool::~process_pool() {
    if (supervisor_->on_driver() && !supervisor_->is_left_to_parent()) {
        std::fputs(
            "bobbin: a process_pool was destroyed on its own thread, in a callback of one of its "
            "jobs, which would wait for itself; destroy it where it was made\n",
            stderr);
        std::terminate();
    }
    close();
    supervisor_->drain();
    supervisor_->end();
}

void process_pool::close() noexcept {
    closed_.store(true, std::memory_order_relaxed);
}

void process_pool::stop() noexcept {
    close();
    supervisor_->driver().stop();
    supervisor_->stop();
}

bobbin::detail::join_scope& process_pool::root() noexcept {
    return bobbin::detail::root_of(supervisor_->driver());
}

void process_pool::check_open() const {
    supervisor_->check_not_left();
    if (closed_.load(std::memory_order_relaxed))
        throw pool_closed("bobbin: the process_pool was closed and takes no more work");
}

}}}  // namespace bobbin::v0::ipc
