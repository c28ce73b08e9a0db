// See completion.hpp.
#include <bobbin/runtime/detail/asio/completion.hpp>

namespace bobbin { inline namespace v0 { namespace detail {

void throw_failure(const boost::system::error_code& error, bool was_asked_to_end) {
    if (was_asked_to_end) throw cancelled();
    throw boost::system::system_error(error);
}

void throw_failure(const std::exception_ptr& error, bool was_asked_to_end) {
    try {
        std::rethrow_exception(error);
    } catch (const boost::system::system_error& thrown) {
        if (was_asked_to_end && thrown.code() == boost::asio::error::operation_aborted)
            throw cancelled();
        throw;
    }
}

}}}  // namespace bobbin::v0::detail
