// See make_call.hpp.
#include "process/make_call.hpp"

#include <array>
#include <cstddef>
#include <memory>
#include <new>
#include <stdexcept>
#include <tuple>
#include <utility>

namespace bobbin { inline namespace v0 { namespace ipc::detail {

const std::type_info* type_of(std::uint64_t callable) noexcept {
    try {
        const auto* const found = bobbin::detail::find_callable(callable);
        return found == nullptr ? nullptr : found->type;
    } catch (const std::bad_alloc&) {
        return nullptr;
    }
}

bobbin::outcome<void> make_call(const bobbin::detail::callable_entry* found, job_context& context) {
    using result = bobbin::outcome<void>;
    if (found == nullptr)
        return result(std::make_exception_ptr(std::logic_error(
            "bobbin: a child process does not know this callable: it comes from a module that was "
            "loaded after the fork server was started, or from another build of the program")));
    std::tuple<job_context*> args(&context);
    alignas(result) std::array<std::byte, sizeof(result)> room;
    found->call(&args, room.data());
    auto* const came = std::launder(reinterpret_cast<result*>(room.data()));
    result taken = std::move(*came);
    std::destroy_at(came);
    return taken;
}

}}}  // namespace bobbin::v0::ipc::detail
