// See mutex.hpp.
#include <bobbin/ipc/mutex.hpp>

namespace bobbin { inline namespace v0 { namespace ipc {
namespace {

constexpr detail::contents mutex_contents{.kind = "mutex"};

}  // namespace

mutex::mutex(const create_named* name)
    : shared_object(
          mutex_contents, detail::lock_bytes, name,
          [](std::byte* memory) { detail::make_lock(memory, detail::re_entrance::forbidden); }),
      lock_handle(detail::existing_lock(body())) {}

mutex::mutex() : mutex(nullptr) {}
mutex::mutex(const create_named& name) : mutex(&name) {}
mutex::mutex(const open_named& name) : mutex(segment::open_named(name.name)) {}

mutex::mutex(segment existing)
    : shared_object(mutex_contents, std::move(existing), detail::lock_bytes),
      lock_handle(detail::existing_lock(body())) {}

}}}  // namespace bobbin::v0::ipc
