// What the sources of misuse include, precompiled once for all of them.
#include <bobbin/ipc/encoding.hpp>
#include <bobbin/ipc/process.hpp>
#include <bobbin/ipc/process_pool.hpp>
#include <bobbin/ipc/shared_array.hpp>
#include <bobbin/ipc/shared_value.hpp>
#include <bobbin/runtime/sequential_pool.hpp>
#include <bobbin/runtime/when_any.hpp>
#include <bobbin/workloads/map_reduce.hpp>
