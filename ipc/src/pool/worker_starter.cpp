// See worker_starter.hpp.
#include "pool/worker_starter.hpp"

#include "os/anonymous_file.hpp"
#include "os/control_socket.hpp"
#include "os/standard_output.hpp"
#include "pool/supervisor_core.hpp"

#include <bobbin/runtime/available_parallelism.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <functional>
#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace bobbin { inline namespace v0 { namespace ipc::detail {

// What a worker does first, or last. Nobody waits for it.
class pinned_call final : public remote_call {
public:
    explicit pinned_call(std::function<void(const std::exception_ptr&)> failed)
        : failed_(std::move(failed)) {}

private:
    void ended(const encoded& /*result*/) noexcept override {
        if (ended_as == end::error) failed_(error);
        delete this;
    }
    std::function<void(const std::exception_ptr&)> failed_;
};

worker_starter::worker_starter(supervisor_core& core)
    : core_(core),
      library_threads_(std::max(1U, available_parallelism() / std::max(1U, core.options.workers))) {
}

bool worker_starter::start(worker_slot& at) {
    const process_pool_options& options = core_.options;
    auto initial = first_call(options.initializer, "the initializer");
    auto last = first_call(options.finalizer, "the finalizer");
    auto [ours, theirs] = control_socket_pair();
    auto [holds, held] = lifeline::make();
    segment memory = segment::adopt_unsealed(create_anonymous_file(sizeof(job_ring)).release());
    auto* const ring = new (memory.data()) job_ring;
    auto socket = std::make_unique<supervisor_socket>(std::move(ours), memory);
    if (options.max_tasks_per_worker != 0)
        ring->terms.most_jobs = options.max_tasks_per_worker + (options.initializer ? 1 : 0);
    ring->terms.most_memory = options.max_rss;
    ring->terms.has_initializer = options.initializer ? 1 : 0;
    ring->terms.has_finalizer = options.finalizer ? 1 : 0;
    ring->terms.threads = library_threads_;
    const auto output = make_output();
    const owned_descriptor printed =
        output != nullptr ? output->take_worker_end() : owned_descriptor();
    const standard_output inherited;
    // In the order of worker_descriptor.
    const std::array descriptors = {memory.descriptor(),
                                    theirs.get(),
                                    core_.driver.doorbell(),
                                    core_.results.waiter_doorbell(),
                                    held.get(),
                                    printed ? printed.get() : inherited.out(),
                                    printed ? printed.get() : inherited.error()};
    worker_request wanted{.slot = at.index,
                          .environment = options.environment,
                          .working_directory = options.working_directory};
    if (!core_.server.request(std::move(wanted), descriptors)) return false;
    at.begin_anew();
    at.memory.emplace(std::move(memory));
    at.ring = supervisor_end(*ring);
    at.socket = std::move(socket);
    at.holds = std::move(holds);
    at.output = output;
    // In this order: see worker_terms.
    if (initial != nullptr) send_first(at, std::move(initial), "the initializer");
    if (last != nullptr && at.state == slot_state::works)
        send_first(at, std::move(last), "the finalizer");
    return true;
}

std::shared_ptr<output_lines> worker_starter::make_output() {
    thread_pool& driver = core_.driver.pool();
    switch (core_.options.output) {
        case output::inherit:
            break;
        case output::prefix:
            return std::make_shared<output_lines>(driver, [](pid_t worker, std::string_view line) {
                std::printf("[worker %d] %.*s\n", worker, static_cast<int>(line.size()),
                            line.data());
                std::fflush(stdout);
            });
        case output::capture:
            return std::make_shared<output_lines>(driver, core_.options.on_output);
    }
    return nullptr;
}

// Null if there is none.
std::unique_ptr<pinned_call> worker_starter::first_call(const initializer& what, const char* name) {
    if (!what) return nullptr;
    auto call = std::make_unique<pinned_call>(
        [this, name](const std::exception_ptr& error) { first_call_failed(name, error); });
    what.describe_(*call, *core_.store);
    call->supervised.is_pinned = true;
    return call;
}

void worker_starter::send_first(worker_slot& at, std::unique_ptr<pinned_call> call,
                                const char* name) {
    try {
        if (!core_.sending.send(at, *call))  // into an empty job ring
            throw std::system_error(
                ETOOMANYREFS, std::generic_category(),
                std::string("bobbin: what ") + name + " of a worker takes along can't be sent");
    } catch (const std::bad_alloc&) {
        at.become(slot_state::leaves);  // and there will be another
        at.ring.close();
        return;
    } catch (...) {
        at.become(slot_state::leaves);  // it has terms for what it was not sent
        at.ring.close();
        throw;
    }
    core_.table.admit(*call.release());
    if (at.publish()) at.ring.wake();
}

void worker_starter::first_call_failed(const char* name, const std::exception_ptr& error) {
    try {
        std::rethrow_exception(error);
    } catch (const std::exception& reason) {
        core_.by_driver([&](outcomes& to, supervisor_lock&) {
            core_.restarts.break_down(
                std::string("bobbin: ") + name + " of a worker failed: " + reason.what(), to);
        });
    }
}

}}}  // namespace bobbin::v0::ipc::detail
