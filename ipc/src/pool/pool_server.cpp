// See pool_server.hpp.
#include "pool/pool_server.hpp"

#include "pool/supervisor_core.hpp"

#include <boost/asio/error.hpp>

#include <chrono>
#include <csignal>
#include <exception>
#include <mutex>
#include <new>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace bobbin { inline namespace v0 { namespace ipc::detail {

namespace {

bool is_copy(start_method how) noexcept {
    return how == start_method::fork;
}

// Another copy of this process can't be made once it has the driver's thread. Any other server is
// waited for when there is nothing else left to prepare.
fork_session begin_session(start_method how) {
    fork_session begun = fork_session::begin(how);
    if (is_copy(how)) begun.await_server();
    return begun;
}

}  // namespace

pool_server::pool_server(supervisor_core& core, start_method how)
    : core_(core), how_(how), session_(begin_session(how)) {}

void pool_server::await() {
    if (!is_copy(how_)) session_->await_server();
}

void pool_server::wait_and_hear(outcomes& to) {
    session_->wait();
    read_news(to);  // or the server would wait for us
}

void pool_server::open_to_driver() {
    if (session_) news_come_ = core_.driver.watch(session_->descriptor());
}

void pool_server::close() noexcept {
    news_come_.reset();
    start_limit_.reset();
}

// --- what it tells ---

void pool_server::listen() {
    const auto hears = [this,
                        core = core_.shared_from_this()](const boost::system::error_code& error) {
        if (error == boost::asio::error::operation_aborted || !news_come_) return;
        hear();
        if (news_come_) listen();
    };
    until_there_is_memory([&] { news_come_->async_wait(pool_descriptor::wait_read, hears); });
}

void pool_server::hear() {
    // A thread that reads alone may still read what came by a socket that this closes.
    const auto reading = core_.results.hold_reading();
    core_.by_driver([this](outcomes& to, supervisor_lock& ours) {
        read_news(to);
        core_.restarts.fill(to);
        core_.sending.dispatch(ours);
    });
}

void pool_server::read_news(outcomes& to) {
    for (;;) {
        if (!news_ && session_) news_ = next_news(*session_);
        if (!news_) return;
        if (news_->server_gone) return has_gone(to);
        worker_slot& at = *core_.slots.at(news_->what.slot);
        switch (news_->what.what) {
            case server_news::started:
                core_.restarts.worker_started(at, news_->what.pid, std::move(news_->pidfd));
                break;
            case server_news::failed:
                core_.restarts.worker_refused(at, news_->what.number, to);
                break;
            case server_news::ended:
                core_.restarts.worker_ended(at, news_->status(), to);
                break;
            default:
                break;
        }
        news_.reset();
    }
}

void pool_server::has_gone(outcomes& to) {
    server_process& gone = session_->server();
    // If it has not ended it may be about to, which the next session will show; or it has no
    // descriptors or memory.
    const bool has_ended = gone.has_ended();
    const bool was_final = has_ended && gone.ended_for_good();
    const std::string why =
        has_ended ? gone.describe_end()
                  : "the fork server has no descriptor left (ulimit -n), or no memory";
    core_.restarts.server_gone(why, has_ended, was_final, to);
    // Only now, as there may have been no memory for all that.
    news_.reset();
    news_come_.reset();
    session_.reset();
}

// --- the next one ---

void pool_server::open_later() noexcept {
    if (!std::exchange(is_to_be_opened_, true)) core_.driver.wants_chores_done();
}

// Without the lock, as others may be starting one. What it is asked before it is ready it does
// then; what comes of it instead is seen like any end of a server.
void pool_server::open() {
    std::optional<fork_session> opened;
    std::string why;
    bool may_try_again = true;
    until_there_is_memory([&] {
        try {
            opened.emplace(fork_session::begin(how_));
        } catch (const std::bad_alloc&) {
            throw;
        } catch (const std::logic_error& error) {
            why = error.what();
            may_try_again = false;
        } catch (const std::exception& error) {
            why = error.what();
        }
    });
    core_.by_driver([&](outcomes& to, supervisor_lock& ours) {
        if (core_.is_ending()) return;
        try {
            if (opened && !session_) news_come_ = core_.driver.watch(opened->descriptor());
        } catch (const std::bad_alloc&) {
            throw;
        } catch (const std::exception& error) {
            why = error.what();
        }
        if (news_come_ && !session_) session_ = std::move(opened);
        if (!may_try_again) core_.restarts.break_down(why, to);
        if (session_)
            core_.restarts.fill(to);
        else if (may_try_again)
            core_.restarts.put_off(why, to);
        is_to_be_opened_ = false;
        core_.sending.dispatch(ours);
    });
    if (news_come_) {
        listen();
        until_there_is_memory([this] { limit_its_start(); });
    }
}

// One that is stopped, for example, is no server: it is killed, and there will be another.
void pool_server::limit_its_start() {
    if (session_->server().is_ready()) return;
    if (!start_limit_) start_limit_.emplace(core_.driver.pool());
    start_limit_->expires_after(server_process::patience);
    start_limit_->async_wait(
        [this, core = core_.shared_from_this()](const boost::system::error_code& error) {
            const std::lock_guard lock(core->mutex);
            if (!error && session_ && !session_->server().is_ready()) session_->server().kill();
        });
}

}}}  // namespace bobbin::v0::ipc::detail
