// A task on the pool that the command line chose.
#pragma once

#include "pool_choice.hpp"

#include <bobbin/ipc/process_pool.hpp>
#include <bobbin/runtime/sequential_pool.hpp>
#include <bobbin/runtime/sync_wait.hpp>
#include <bobbin/runtime/thread_pool.hpp>

#include <stdexcept>
#include <string_view>

namespace apps {

// Makes the pool, runs the task `work(pool)` there, and returns its result or throws its
// exception. The name is that of the pool's threads. The program has to have called ipc::init, for
// which see bobbin/ipc/init.hpp.
template <class Work>
auto run_on(const pool_choice& chosen, std::string_view name, Work work) {
    switch (chosen.place) {
        case place::sequential: {
            bobbin::sequential_pool pool;
            return bobbin::sync_wait(work(pool));
        }
        case place::threads: {
            bobbin::thread_pool pool({.threads = chosen.size(), .name = name});
            return bobbin::sync_wait(pool, work(pool));
        }
        case place::processes: {
            bobbin::ipc::process_pool pool(chosen.size());
            return bobbin::sync_wait(work(pool));
        }
    }
    throw std::logic_error("no such place");
}

}  // namespace apps
