// The driver: a supervisor's thread (`bobbin-ipc`), which reads results, tells who waits for them,
// and does what takes time. Workers and callers wake it by its doorbell.
#pragma once

#include "os/doorbell.hpp"
#include "os/owned_descriptor.hpp"

#include <bobbin/runtime/detail/os/asio_objects.hpp>
#include <bobbin/runtime/detail/os/memory_shortage.hpp>
#include <bobbin/runtime/thread_pool.hpp>

#include <boost/asio/post.hpp>

#include <memory>
#include <utility>

namespace bobbin { inline namespace v0 { namespace ipc::detail {

using bobbin::detail::pool_descriptor;
using bobbin::detail::pool_timer;
using bobbin::detail::until_there_is_memory;

class driver_thread {
public:
    // Throws std::system_error.
    driver_thread();

    thread_pool& pool() noexcept { return *pool_; }
    // Also when it has ended.
    [[nodiscard]] bool is_this_thread() const noexcept {
        return bobbin::detail::is_thread_of(core_);
    }
    [[nodiscard]] int doorbell() const noexcept { return doorbell_.get(); }
    void wake() const noexcept { ring(doorbell_.get()); }

    // --- under the supervisor's lock: that it is to look what there is to do ---

    // True: it has to be woken for that.
    [[nodiscard]] bool add_chores() noexcept { return !std::exchange(has_chores_, true); }
    void wants_chores_done() noexcept {
        if (add_chores()) wake();
    }
    [[nodiscard]] bool take_chores() noexcept { return std::exchange(has_chores_, false); }

    // Runs `step()` there. Waits for memory if need be.
    template <class Step>
    void post(Step step) {
        until_there_is_memory([&] { boost::asio::post(pool_->get_executor(), step); });
    }
    // The same file, to be waited for there, which closes what it gets. Throws std::system_error.
    pool_descriptor watch(int descriptor);
    // Waits for what runs there.
    void end() noexcept;

private:
    std::unique_ptr<thread_pool> pool_;
    const bobbin::detail::pool_core* const core_;
    const owned_descriptor doorbell_;
    bool has_chores_ = false;
};

}}}  // namespace bobbin::v0::ipc::detail
