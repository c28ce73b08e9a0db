// Where tests run their tasks: without a pool, and on pools of one, two and seven threads, which is
// more than there are processors.
#pragma once

#include <bobbin/runtime/sync_wait.hpp>
#include <bobbin/runtime/thread_pool.hpp>

#include <doctest/doctest.h>
#include <optional>
#include <utility>

namespace test {

class place {
public:
    // 0 threads: no pool.
    explicit place(unsigned threads) {
        if (threads > 0)
            pool_.emplace(bobbin::thread_pool_options{.threads = threads, .name = "test"});
    }

    template <class T>
    T run(bobbin::task<T> work) {
        return pool_ ? bobbin::sync_wait(*pool_, std::move(work))
                     : bobbin::sync_wait(std::move(work));
    }

    bool has_pool() const noexcept { return pool_.has_value(); }
    bobbin::thread_pool& pool() noexcept { return *pool_; }

private:
    std::optional<bobbin::thread_pool> pool_;
};

// Calls `test(place&)` for each of the places.
template <class F>
void in_every_place(F test) {
    for (const unsigned threads : {0U, 1U, 2U, 7U}) {
        CAPTURE(threads);
        place here(threads);
        test(here);
    }
}

// The same without the place that has no pool, where there are neither timers nor threads.
template <class F>
void in_every_pool(F test) {
    for (const unsigned threads : {1U, 2U, 7U}) {
        CAPTURE(threads);
        place here(threads);
        test(here);
    }
}

}  // namespace test
