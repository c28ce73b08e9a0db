// A supervisor's fork server: its end, and the next one.
#include "pool/supervisor_core.hpp"

#include <algorithm>
#include <csignal>
#include <new>
#include <stdexcept>
#include <string>
#include <utility>

namespace bobbin { inline namespace v0 { namespace ipc::detail {

// Its workers died with it, nobody knows of what. That is one misfortune.
void supervisor_core::server_gone(arrivals& ended) {
    server_process& gone = server_->server();
    // If not it may be about to, which the next session will show; or it has no descriptors
    // or memory.
    const bool has_ended = gone.has_ended();
    const bool was_final = has_ended && gone.ended_for_good();
    const std::string why =
        has_ended ? gone.describe_end()
                  : "the fork server has no descriptor left (ulimit -n), or no memory";
    if (!ending_ && was_final) break_down("bobbin: " + why, ended);
    for (auto& each : slots_) {
        if (!each->has_worker()) continue;
        each->send_signal(SIGKILL);  // it may have been stopped before it could be told
        const bool had_started = each->pid >= 0;
        vacate(*each, std::nullopt, ended);
        if (!had_started && wants_worker(*each))
            start_failed(*each, "bobbin: " + why, has_ended ? most_server_deaths : most_errors,
                         ended);
    }
    if (has_ended) deaths_.count(why, clock::now());
    // Only now, as there may have been no memory for all that.
    news_.reset();
    server_reader_.reset();
    server_.reset();
}

void supervisor_core::open_server_later() noexcept {
    if (!std::exchange(is_opening_server_, true)) want_driver();
}

// Without the lock, as others may be starting one. What it is asked before it is ready it does
// then; what comes of it instead is seen like any end of a server.
void supervisor_core::open_server() {
    std::optional<fork_session> opened;
    std::string why;
    bool may_try_again = true;
    until_there_is_memory([&] {
        try {
            opened.emplace(fork_session::begin(options_.start_method));
        } catch (const std::bad_alloc&) {
            throw;
        } catch (const std::logic_error& error) {
            why = error.what();
            may_try_again = false;
        } catch (const std::exception& error) {
            why = error.what();
        }
    });
    by_driver([&](arrivals& ended, supervisor_lock& ours) {
        if (ending_) return;
        try {
            if (opened && !server_) server_reader_ = watched_by(*driver_, opened->descriptor());
        } catch (const std::bad_alloc&) {
            throw;
        } catch (const std::exception& error) {
            why = error.what();
        }
        if (server_reader_ && !server_) server_ = std::move(opened);
        if (!may_try_again) break_down(why, ended);
        if (server_)
            fill_slots(ended);
        else if (may_try_again)
            put_off_starts(why, ended);
        is_opening_server_ = false;
        dispatcher_.dispatch(ours);
    });
    if (server_reader_) {
        listen_to_server();
        until_there_is_memory([this] { limit_start_of_server(); });
    }
}

void supervisor_core::put_off_starts(const std::string& why, arrivals& ended) {
    for (auto& each : slots_)
        if (wants_worker(*each)) start_failed(*each, why, most_errors, ended);
}

// One that is stopped, for example, is no server: it is killed, and there will be another.
void supervisor_core::limit_start_of_server() {
    if (server_->server().is_ready()) return;
    if (!timers_.server) timers_.server.emplace(*driver_);
    timers_.server->expires_after(server_process::patience);
    timers_.server->async_wait([self = shared_from_this()](const boost::system::error_code& error) {
        const std::lock_guard lock(self->mutex_);
        if (!error && self->server_ && !self->server_->server().is_ready())
            self->server_->server().kill();
    });
}

}}}  // namespace bobbin::v0::ipc::detail
