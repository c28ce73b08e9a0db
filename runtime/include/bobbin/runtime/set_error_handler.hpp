// Where exceptions go that nobody awaits.
#pragma once

#include <exception>

namespace bobbin { inline namespace v0 {

using error_handler = void (*)(std::exception_ptr) noexcept;

// Called with the exception of a task that nobody awaits (`thread_pool::spawn`), on the thread that
// ran it; with that of a job which nobody was shown, on the thread that lets go of it last; with
// what the callback of a job throws; and with what a pool's `on_thread_stop` throws. Maybe on
// several threads at once. The default prints it to stderr; nullptr brings that back. Returns the
// previous one. From any thread.
error_handler set_error_handler(error_handler handler) noexcept;

}}  // namespace bobbin::v0
