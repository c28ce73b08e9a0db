// See thread_pool.hpp.
#include "scheduler/pool_core.hpp"

#include <bobbin/runtime/thread_pool.hpp>

#include <boost/asio/execution/occupancy.hpp>
#include <boost/asio/query.hpp>
#include <boost/system/system_error.hpp>

#include <cstdio>
#include <exception>
#include <system_error>
#include <thread>
#include <utility>

namespace bobbin { inline namespace v0 {
namespace {

// What the system refuses to Asio is an exception of Asio's own type.
std::unique_ptr<detail::pool_core> make_core(const thread_pool_options& options) {
    std::unique_ptr<detail::pool_core> core;
    try {
        core = std::make_unique<detail::pool_core>(options);
    } catch (const boost::system::system_error& error) {
        throw std::system_error(error.code(), "bobbin: a thread_pool");
    }
    core->start();
    return core;
}

}  // namespace

thread_pool::thread_pool(thread_pool_options options) : core_(make_core(options)) {}

thread_pool::~thread_pool() {
    if (core_->forked()) {
        core_.release()->leave_to_parent();
    } else if (core_->runs_on_this_thread()) {
        std::fputs(
            "bobbin: a thread_pool was destroyed on one of its own threads, which would wait for "
            "itself; destroy it where it was made\n",
            stderr);
        std::terminate();
    } else {
        core_->drain();
    }
}

void thread_pool::spawn(task<void> work) {
    detail::check_awaitable(work);
    core_->spawn(detail::promise_of(work));
    detail::task_access::release(work);
}

void thread_pool::close() noexcept {
    core_->close();
}

detail::join_scope& thread_pool::root() noexcept {
    return core_->scope();
}

void thread_pool::check_open() const {
    core_->check_open();
}

void thread_pool::stop() noexcept {
    core_->stop();
}

unsigned thread_pool::size() const noexcept {
    return core_->size();
}

thread_pool_stats thread_pool::stats() const noexcept {
    return core_->stats();
}

thread_pool::executor_type thread_pool::get_executor() {
    core_->check_not_forked();
    executor_type executor = core_->asio().get_executor();
    // The number of threads that may be asked for here is of those that have come to Asio.
    const auto threads = [&] {
        return boost::asio::query(executor, boost::asio::execution::occupancy);
    };
    while (threads() < size()) std::this_thread::yield();
    return executor;
}

thread_pool::operator boost::asio::execution_context&() {
    core_->check_not_forked();
    return core_->asio();
}

detail::pool_core& detail::core_of(thread_pool& pool) noexcept {
    return *pool.core_;
}

detail::join_scope& detail::root_of(thread_pool& pool) noexcept {
    return pool.root();
}

}}  // namespace bobbin::v0
