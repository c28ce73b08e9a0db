// The end of child processes that run one function.
#pragma once

#include <functional>

namespace bobbin { inline namespace v0 { namespace ipc::detail {

// What std::cout and stdio still hold. Before a fork: or the child would write it a second time.
void flush_output() noexcept;

// Ends this process with what the function returns, or with 1 after an exception, which is printed.
// Output is flushed; nothing else that the program registered for its own exit is run.
[[noreturn]] void run_and_exit(const std::function<int()>& function) noexcept;

// Ends this process, which is a worker and can't go on, with 1. Says why.
[[noreturn]] void end_worker(const char* why) noexcept;

}}}  // namespace bobbin::v0::ipc::detail
