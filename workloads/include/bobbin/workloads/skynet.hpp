#pragma once

#include <bobbin/runtime/task.hpp>

namespace bobbin { inline namespace v0 {

// The sum of `leaves` numbers from `first` on, by a tree of tasks in which each has ten children
// down to one leaf a number. (Alexander Temerev's "skynet" benchmark uses 1,000,000 leaves.)
//
// `leaves` is a power of ten. When it is stopped, it ends with `cancelled`.
task<long> skynet(long first, long leaves);

}}  // namespace bobbin::v0
