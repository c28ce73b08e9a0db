// See process_start.hpp.
#include "process/process_start.hpp"

#include "memory/segment_exchange.hpp"
#include "memory/segment_store.hpp"
#include "os/control_socket.hpp"
#include "os/standard_output.hpp"
#include "process/make_call.hpp"
#include "process/run_and_exit.hpp"

#include <bobbin/ipc/segment.hpp>

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <sys/prctl.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace bobbin { inline namespace v0 { namespace ipc::detail {
namespace {

constexpr std::size_t most_objects = 60;
static_assert(most_objects + 4 <= most_descriptors,
              "beside output, error, lifeline, and large arguments");

// What a job is given by a worker, for the one call of this process.
class process_context final : public job_context {
public:
    explicit process_context(segment_source& memory) { segments = &memory; }
    writer& result() override { return bytes_; }
    void send_result(bool /*has_destructors*/) override {}
    thread_pool& runtime() override {
        if (!runtime_) runtime_.emplace(thread_pool_options{.threads = 1});
        return *runtime_;
    }
    void begins(bobbin::detail::job_core& /*coroutine*/) override {}
    void ended() noexcept override {}

    int exit_code() {
        const auto result_bytes = std::move(bytes_).take();
        return result_bytes.empty() ? 0 : decode<int>(result_bytes);
    }

private:
    writer bytes_;
    std::optional<thread_pool> runtime_;
};

// The memory of shared objects among the arguments.
class object_memory final : public segment_source {
public:
    // In the order of the ids.
    object_memory(std::span<const std::uint64_t> ids, std::span<owned_descriptor> files) {
        if (ids.size() > files.size()) throw protocol_error("bobbin: a process's arguments");
        for (std::size_t i = 0; i < ids.size(); ++i) all_.came(ids[i], std::move(files[i]));
    }
    segment find(std::uint64_t id) override {
        if (!all_.has(id)) throw protocol_error("bobbin: a process's arguments");
        return all_.get(id);
    }

private:
    std::atomic<std::uint32_t> lost_{0};
    received_segments all_{segment::adopt_unsealed, lost_};  // of our application
};

int call(const process_request& wanted, std::span<owned_descriptor> files) {
    std::optional<segment> large;
    if (wanted.size_in_segment > 0) {
        large = segment::adopt_unsealed(files.front().release());
        if (wanted.size_in_segment > large->size())
            throw protocol_error("bobbin: a process's arguments");
        files = files.subspan(1);
    }
    object_memory objects(wanted.objects, files);
    process_context context(objects);
    context.arguments = wanted.arguments;
    if (large) context.arguments = {large->data(), wanted.size_in_segment};
    const auto came = make_call(bobbin::detail::find_callable(wanted.callable), context);
    if (!came) std::rethrow_exception(came.error());
    return context.exit_code();
}

void check_start(const fork_session::news& news) {
    if (news.server_gone)
        throw std::runtime_error(
            "bobbin: the fork server ended while it started a process, or has no descriptor left "
            "(ulimit -n), or no memory");
    if (news.what.what != server_news::started)
        throw std::system_error(news.what.number, std::generic_category(),
                                "bobbin: a process could not be started");
    if (!news.pidfd)
        throw std::system_error(
            EMFILE, std::generic_category(),
            "bobbin: a process was started and ended again: no descriptor for it");
}

}  // namespace

std::shared_ptr<segment_store> make_segment_store() {
    return std::make_shared<segment_store>();
}

started_process start_process(const process_call& call) {
    process_request wanted;
    wanted.callable = call.callable();
    const standard_output ours;
    auto [holds, held] = lifeline::make();
    std::vector<int> files = {ours.out(), ours.error(), held.get()};
    const auto bytes = call.arguments().bytes();
    if (const auto large = call.arguments().large()) {
        wanted.size_in_segment = bytes.size();
        files.push_back(large->descriptor());
    } else {
        wanted.arguments.assign(bytes.begin(), bytes.end());
    }
    for (const segment& each : call.arguments().objects()) {
        wanted.objects.push_back(each.id());
        files.push_back(each.descriptor());
    }
    if (wanted.objects.size() > most_objects)
        throw std::length_error("bobbin: a process takes " + std::to_string(most_objects) +
                                " shared objects as arguments, not " +
                                std::to_string(wanted.objects.size()));
    std::fflush(stdout);  // what is printed before it comes before what it prints
    for (unsigned failures = 1;; ++failures) {
        auto session = fork_session::begin(start_method::fork_server);
        while (!session.request(wanted, files)) session.wait();
        auto news = session.await_next();
        if (!news.server_gone || news.was_read) {
            check_start(news);
            return {std::move(session), std::move(holds), std::move(news.pidfd), news.what.pid};
        }
        session.recover_from(failures);
    }
}

void run_process(const process_request& wanted, std::vector<owned_descriptor> files) noexcept {
    ::prctl(PR_SET_NAME, program_invocation_short_name);  // not the server's
    run_and_exit([&] {
        constexpr std::size_t standard = 3;
        if (files.size() < standard) throw protocol_error("bobbin: a process's output");
        take_standard_output(std::exchange(files[0], {}), std::exchange(files[1], {}));
        hold_lifeline(files[2].get());
        return call(wanted, std::span(files).subspan(standard));
    });
}

}}}  // namespace bobbin::v0::ipc::detail
