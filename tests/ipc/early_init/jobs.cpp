// See jobs.hpp.
#include "jobs.hpp"

#include <bobbin/ipc/process_pool.hpp>
#include <bobbin/runtime/fn.hpp>
#include <bobbin/runtime/sync_wait.hpp>

#include <functional>
#include <ranges>

namespace {

int doubled(int number) {
    return 2 * number;
}
constexpr bobbin::fn<&doubled> twice;

}  // namespace

int sum_of_doubles(bobbin::ipc::start_method how) {
    bobbin::ipc::process_pool_options options(2);
    options.start_method = how;
    bobbin::ipc::process_pool pool(options);
    return bobbin::sync_wait(pool.map_reduce(twice, std::views::iota(0, 64), std::plus<>(), 0));
}
