// See unseen_error.hpp.
#include "task/unseen_error.hpp"

#include <bobbin/runtime/set_error_handler.hpp>

#include <atomic>
#include <cstdio>

namespace bobbin { inline namespace v0 {

namespace {

void print(std::exception_ptr error) noexcept {
    try {
        std::rethrow_exception(std::move(error));
    } catch (const std::exception& e) {
        std::fprintf(stderr, "bobbin: a task that nobody awaits has failed: %s\n", e.what());
    } catch (...) {
        std::fputs("bobbin: a task that nobody awaits has failed\n", stderr);
    }
}

std::atomic<error_handler> current{print};

}  // namespace

error_handler set_error_handler(error_handler handler) noexcept {
    return current.exchange(handler != nullptr ? handler : print, std::memory_order_acq_rel);
}

void detail::report_unseen(std::exception_ptr error) noexcept {
    current.load(std::memory_order_acquire)(std::move(error));
}

}}  // namespace bobbin::v0
