// A supervisor's fork server: what it is asked for and tells, its end, and the next one.
//
//     is to be opened ──▶ open ──▶ asked for workers, heard ──▶ it has ended ──▶ its workers are
//           ▲                                                   gone: their jobs fail or wait again
//           └───────────────────── a worker is wanted ────────────────┘
//
// Invariant: what the server told is dealt with before the next news is read, if need be when there
// is memory again.
#pragma once

#include "pool/driver_thread.hpp"
#include "pool/outcomes.hpp"
#include "process/fork_server.hpp"

#include <bobbin/ipc/start_method.hpp>

#include <optional>
#include <span>
#include <string>

namespace bobbin { inline namespace v0 { namespace ipc::detail {

class supervisor_core;

class pool_server {
public:
    // While there is no thread of ours: the server may be a copy of this process. Throws as
    // fork_session::begin does.
    pool_server(supervisor_core& core, start_method how);

    // --- when the pool is made ---

    // Until it is ready. Throws as fork_session::await_server does.
    void await();
    // Until it may be asked again, or has told something.
    void wait_and_hear(outcomes& to);
    // The driver is to hear it, if there is one. Throws std::system_error.
    void open_to_driver();

    // --- under the supervisor's lock ---

    [[nodiscard]] bool has_session() const noexcept { return session_.has_value(); }
    // False: it does not keep up. There is a session.
    [[nodiscard]] bool request(worker_request wanted, std::span<const int> descriptors) {
        return session_->request(std::move(wanted), descriptors);
    }
    // There is none: the driver is to open one.
    void open_later() noexcept;
    [[nodiscard]] bool is_to_be_opened() const noexcept { return is_to_be_opened_; }
    // Somebody will be told of its workers' ends.
    [[nodiscard]] bool is_heard() const noexcept { return news_come_.has_value(); }

    // --- on the driver, without the lock ---

    void listen();
    void open();
    // Its news are not heard any more.
    void close() noexcept;
    // What is left of its workers is killed.
    void end() noexcept { session_.reset(); }

private:
    void hear();
    void read_news(outcomes& to);
    void has_gone(outcomes& to);
    void limit_its_start();

    supervisor_core& core_;
    const start_method how_;
    std::optional<fork_session> session_;
    std::optional<fork_session::news> news_;  // that is being dealt with
    std::optional<pool_descriptor> news_come_;
    std::optional<pool_timer> start_limit_;
    bool is_to_be_opened_ = false;
};

}}}  // namespace bobbin::v0::ipc::detail
