// See attempt.hpp.
#include <bobbin/runtime/detail/jobs/attempt.hpp>
#include <bobbin/runtime/detail/os/type_name.hpp>
#include <bobbin/runtime/errors.hpp>

#include <exception>
#include <string>

namespace bobbin { inline namespace v0 { namespace detail {

std::exception_ptr timed_out_error(const std::type_info* callable, time_span limit) noexcept {
    try {
        const std::string name = callable == nullptr ? "a call" : callable_name(*callable);
        return std::make_exception_ptr(timed_out(
            "bobbin: timed out: " + name + " took longer than its limit of " + to_string(limit)));
    } catch (...) {
        return std::current_exception();
    }
}

bool may_try_again(const std::exception_ptr& error) noexcept {
    try {
        std::rethrow_exception(error);
    } catch (const cancelled&) {
        return false;
    } catch (const timed_out&) {
        return false;
    } catch (...) {
        return true;
    }
}

}}}  // namespace bobbin::v0::detail
