// See run_here.hpp.
#include "scheduler/pool_core.hpp"
#include "scheduler/worker.hpp"

#include <bobbin/runtime/detail/os/memory_shortage.hpp>
#include <bobbin/runtime/detail/task/run_here.hpp>

#include <cstdio>
#include <cstdlib>
#include <unistd.h>
#include <utility>

namespace bobbin { inline namespace v0 { namespace detail {
namespace {

// Of no pool: none is ever wanted.
class nobody final : public idle_threads {
public:
    constexpr nobody() noexcept : idle_threads(0, true) {}

private:
    bool post_loop() noexcept override { return true; }
};
constinit nobody nobody_sleeps;

// Keeps a thread that is none of a pool's a worker while it runs tasks.
class visiting_worker {
public:
    visiting_worker() : worker_(nullptr, 0, nobody_sleeps) { current_worker = &worker_; }
    visiting_worker(const visiting_worker&) = delete;
    visiting_worker& operator=(const visiting_worker&) = delete;
    ~visiting_worker() { current_worker = nullptr; }

    void drive(work_item item) noexcept { worker_.drive(item, worker::extent::deque_too); }

private:
    worker worker_;
};

}  // namespace

void run_here(work_item item, pool_core* home) {
    worker* const self = current_worker;
    if (home != nullptr && (self == nullptr || self->pool != home)) {
        if (home->forked()) return;  // it goes on in the parent
        home->inject(item);
    } else if (self == nullptr) {
        visiting_worker().drive(item);
    } else if (self->running()) {
        self->reserve(1);
        self->push(item);
        self->pushed();
    } else {
        self->pool->loop().resume_from_asio(*self, item);
    }
}

void resume_here(work_item item, pool_core* home) noexcept {
    until_there_is_memory([&] { run_here(item, home); });
}

void run_in_line(work_item item) {
    struct aside {
        ~aside() { current_worker = outer; }
        worker* const outer = std::exchange(current_worker, nullptr);
    } const outer;
    visiting_worker().drive(item);
}

void end_stray_child() noexcept {
    std::fputs(
        "bobbin: a child that was forked in a task, a job or a callback has come back to its "
        "thread's pool, which is the parent's; end the child there, with _exit or exec\n",
        stderr);
    _exit(EXIT_FAILURE);
}

void check_not_stray() noexcept {
    if (current_worker != nullptr) current_worker->check_not_stray();
}

}}}  // namespace bobbin::v0::detail
