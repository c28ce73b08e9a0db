#pragma once

#include <bobbin/runtime/task.hpp>

namespace bobbin { inline namespace v0 {

// The n-th Fibonacci number (0, 1, 1, 2, …) by the doubly recursive definition, a task for each
// call: hardly any work in many tasks, which shows what fork and join cost.
//
// 0 <= n <= 92 (the 93rd does not fit); a call makes 2 fib(n + 1) - 1 tasks. When it is stopped,
// it ends with `cancelled`.
task<long> fib(int n);

// The same by plain calls: the baseline of fib.
long fib_serial(int n);

}}  // namespace bobbin::v0
