// See recursive_mutex.hpp.
#include <bobbin/ipc/recursive_mutex.hpp>

namespace bobbin { inline namespace v0 { namespace ipc {
namespace {

constexpr detail::contents recursive_mutex_contents{.kind = "recursive_mutex"};

}  // namespace

recursive_mutex::recursive_mutex(const create_named* name)
    : shared_object(
          recursive_mutex_contents, detail::lock_bytes, name,
          [](std::byte* memory) { detail::make_lock(memory, detail::re_entrance::allowed); }),
      lock_handle(detail::existing_lock(body())) {}

recursive_mutex::recursive_mutex() : recursive_mutex(nullptr) {}
recursive_mutex::recursive_mutex(const create_named& name) : recursive_mutex(&name) {}
recursive_mutex::recursive_mutex(const open_named& name)
    : recursive_mutex(segment::open_named(name.name)) {}

recursive_mutex::recursive_mutex(segment existing)
    : shared_object(recursive_mutex_contents, std::move(existing), detail::lock_bytes),
      lock_handle(detail::existing_lock(body())) {}

}}}  // namespace bobbin::v0::ipc
