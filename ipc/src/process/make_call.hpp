#pragma once

#include <bobbin/ipc/detail/process/job_context.hpp>
#include <bobbin/runtime/detail/jobs/callable.hpp>
#include <bobbin/runtime/outcome.hpp>

#include <cstdint>
#include <typeinfo>

namespace bobbin { inline namespace v0 { namespace ipc::detail {

// Of the callable with that key and its arguments, to be printed; null: not known, or there is no
// memory to look.
const std::type_info* type_of(std::uint64_t callable) noexcept;

// Calls what `find_callable` found for a key, with the context's arguments; if that is nothing, the
// error says so.
bobbin::outcome<void> make_call(const bobbin::detail::callable_entry* found, job_context& context);

}}}  // namespace bobbin::v0::ipc::detail
