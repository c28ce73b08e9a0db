// What a user precompiles.
#include <bobbin/ipc/process_pool.hpp>
#include <bobbin/ipc/shared_queue.hpp>
#include <bobbin/runtime/as_completed.hpp>
#include <bobbin/runtime/parallel_for.hpp>
#include <bobbin/runtime/scope.hpp>
#include <bobbin/runtime/sequential_pool.hpp>
#include <bobbin/runtime/sync_wait.hpp>
#include <bobbin/runtime/thread_pool.hpp>
#include <bobbin/runtime/transform_reduce.hpp>
#include <bobbin/runtime/when_all.hpp>
#include <bobbin/runtime/when_any.hpp>
#include <bobbin/runtime/with_timeout.hpp>
#include <bobbin/workloads/count.hpp>
#include <bobbin/workloads/map_reduce.hpp>
