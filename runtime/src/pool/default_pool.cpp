// See default_pool.hpp, and runtime/README.md, "The default pool".
#include "os/affinity.hpp"
#include "scheduler/pool_core.hpp"

#include <bobbin/runtime/default_pool.hpp>
#include <bobbin/runtime/detail/os/held_signals.hpp>
#include <bobbin/runtime/detail/os/process_generation.hpp>

#include <atomic>
#include <charconv>
#include <cstdlib>
#include <future>
#include <memory>
#include <mutex>
#include <new>
#include <optional>
#include <stdexcept>
#include <string>

namespace bobbin { inline namespace v0 {

namespace {

// One process's. A forked child has a copy of its parent's, whose lock may be held for ever.
struct default_of_process : detail::left_to_parent {
    const detail::home_process home;
    std::mutex mutex;  // while the pool is made
    // Release and acquire: whoever sees the pool uses it. It is never destroyed, as it may be asked
    // for at any time.
    std::atomic<thread_pool*> pool{nullptr};
    std::atomic<bool> ended{false};
};

constinit std::atomic<default_of_process*> newest{nullptr};

default_of_process& of_this_process() {
    default_of_process* found = newest.load(std::memory_order_acquire);
    if (found != nullptr && found->home.is_this()) return *found;
    auto made = std::make_unique<default_of_process>();
    default_of_process* const parents = found;
    // Whoever is faster is of this process, too.
    if (!newest.compare_exchange_strong(found, made.get(), std::memory_order_acq_rel))
        return *found;
    if (parents != nullptr) parents->leave_to_parent();
    return *made.release();
}

std::optional<unsigned> threads_by_environment() {
    const char* const value = std::getenv("BOBBIN_THREADS");
    if (value == nullptr) return std::nullopt;
    const std::string text(value);
    unsigned threads = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), threads);
    if (error != std::errc() || end != text.data() + text.size() || threads == 0 ||
        threads > detail::most_threads)
        throw std::invalid_argument(
            "bobbin::default_pool: the environment variable BOBBIN_THREADS is '" + text +
            "', but must be a number from 1 to 32767; unset it for one "
            "thread per core");
    return threads;
}

std::unique_ptr<thread_pool> make_default_pool() {
    const thread_pool_options options{.threads = threads_by_environment(), .name = "default"};
    const auto make = [&] { return std::make_unique<thread_pool>(options); };
    const cpu_set usable = detail::usable_cpus();
    if (usable == available_cpus()) return make();
    // This thread is bound to some processors, as a pool's may be. The pool is everybody's.
    const auto make_elsewhere = [&] {
        detail::set_affinity(usable);
        return make();
    };
    const detail::held_signals blocked;
    return std::async(std::launch::async, make_elsewhere).get();
}

void end_default_pool() noexcept {
    default_of_process* const last = newest.load(std::memory_order_acquire);
    // A child has its parent's list of what is to be called at the end as well.
    if (last == nullptr || !last->home.is_this() ||
        last->ended.exchange(true, std::memory_order_relaxed))
        return;
    thread_pool& pool = *last->pool.load(std::memory_order_acquire);
    pool.stop();
    detail::pool_core& core = detail::core_of(pool);
    if (!core.runs_on_this_thread()) core.drain();
}

}  // namespace

thread_pool& default_pool() {
    default_of_process& here = of_this_process();
    if (thread_pool* const made = here.pool.load(std::memory_order_acquire)) return *made;
    const std::lock_guard lock(here.mutex);
    if (thread_pool* const made = here.pool.load(std::memory_order_relaxed)) return *made;
    auto pool = make_default_pool();
    if (std::atexit(end_default_pool) != 0) throw std::bad_alloc();
    here.pool.store(pool.get(), std::memory_order_release);
    return *pool.release();
}

}}  // namespace bobbin::v0
