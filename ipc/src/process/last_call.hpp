// What a worker was told at its start to do at its end.
#pragma once

#include <bobbin/ipc/detail/process/job_context.hpp>
#include <bobbin/runtime/detail/jobs/callable.hpp>

#include <cstddef>
#include <span>
#include <vector>

namespace bobbin { inline namespace v0 { namespace ipc::detail {

class last_call {
public:
    // The bytes are copied: their memory is the application's again.
    void keep(const bobbin::detail::callable_entry* what, std::span<const std::byte> arguments);
    // If there is any: calls it in that context, and prints what it throws.
    void run(job_context& context) noexcept;

private:
    const bobbin::detail::callable_entry* what_ = nullptr;
    std::vector<std::byte> arguments_;
    bool is_kept_ = false;
};

}}}  // namespace bobbin::v0::ipc::detail
