// See supervisor.hpp. What it does is supervisor_core's; in a forked child nothing is done.
#include "pool/supervisor_core.hpp"

#include <bobbin/runtime/detail/jobs/attempt.hpp>

#include <boost/system/system_error.hpp>

#include <system_error>

namespace bobbin { inline namespace v0 { namespace ipc::detail {

supervisor::supervisor(const process_pool_options& options)
    : core_(std::make_shared<supervisor_core>(options)) {
    try {
        core_->start();
    } catch (const boost::system::system_error& error) {
        core_->end();
        throw std::system_error(error.code(), "bobbin: a process_pool");
    } catch (...) {
        core_->end();
        throw;
    }
}
void supervisor::end() {
    if (is_left_to_parent()) return core_->leave_to_parent();
    core_->end();
}
void supervisor::stop() noexcept {
    if (!is_left_to_parent()) core_->stop();
}
void supervisor::post(std::span<remote_call* const> calls) {
    check_not_left();
    core_->post(calls);
}
bool supervisor::post_again(remote_call& call) noexcept {
    if (!bobbin::detail::may_try_again(call.error)) return false;
    try {
        check_not_left();
        return core_->post_again(call);
    } catch (...) {
        return false;
    }
}
bool supervisor::withdraw(remote_call& call) noexcept {
    return !is_left_to_parent() && core_->withdraw(call);
}
void supervisor::ask_to_stop(remote_call& call) noexcept {
    if (!is_left_to_parent()) core_->ask_to_stop(call);
}
bool supervisor::has_begun(const remote_call& call) const noexcept {
    return !is_left_to_parent() && core_->has_begun(call);
}
void supervisor::awaited(remote_call& call) noexcept {
    if (!is_left_to_parent()) core_->awaited(call);
}
void supervisor::bring(const remote_call& call) {
    if (!is_left_to_parent()) core_->results.bring(call);
}
void supervisor::close_later(remote_call& call) noexcept {
    core_->close_later(call);
}
bool supervisor::is_needed_here() const noexcept {
    return on_driver() || core_->results.tells_on_this_thread();
}
bool supervisor::on_driver() const noexcept {
    return core_->driver.is_this_thread();
}
segment_store& supervisor::store() noexcept {
    return *core_->store;
}
unsigned supervisor::size() const noexcept {
    return core_->options.workers;
}
thread_pool& supervisor::driver() noexcept {
    return core_->driver.pool();
}
void supervisor::drain() {
    if (!is_left_to_parent()) core_->drain();
}
void supervisor::hold() noexcept {
    if (!is_left_to_parent()) core_->hold();
}
void supervisor::release() noexcept {
    if (!is_left_to_parent()) core_->release();
}

}}}  // namespace bobbin::v0::ipc::detail
