// What a process is started with: a callable, known by its key, and its arguments as bytes.
#pragma once

#include <bobbin/ipc/detail/encoding/callable_codec.hpp>
#include <bobbin/ipc/detail/encoding/payload.hpp>
#include <bobbin/ipc/detail/process/remote.hpp>
#include <bobbin/ipc/encoding.hpp>
#include <bobbin/runtime/detail/jobs/call.hpp>

#include <cstdint>
#include <memory>
#include <type_traits>

namespace bobbin { inline namespace v0 { namespace ipc::detail {

// Its own, as nobody tells when the child has read what lies there.
std::shared_ptr<segment_store> make_segment_store();

class process_call {
public:
    // Throws what encoding does.
    template <class F, class... Args>
    explicit process_call(const F& f, const Args&... args);
    process_call(const process_call&) = delete;
    process_call& operator=(const process_call&) = delete;
    ~process_call() = default;

    [[nodiscard]] std::uint64_t callable() const noexcept { return callable_; }
    [[nodiscard]] const payload& arguments() const noexcept { return arguments_; }

private:
    const std::uint64_t callable_;
    const std::shared_ptr<segment_store> store_ = make_segment_store();
    payload arguments_;
};

// A call that a process can be started with; anything else is a compile-time error that says what
// to do.
template <class F, class... Args>
struct accepted_process_call {
    static_assert(
        crosses<F>,
        "bobbin: this callable cannot cross to another process: it captures something or is a "
        "pointer. Pass what it captures as an argument, or with bobbin::bind; for a function write "
        "bobbin::fn<&f>; or use process::forked, which copies this process");
    static_assert(bobbin::detail::call<F, Args...>::is_possible,
                  "bobbin: the callable does not take these arguments, passed as rvalues");
    using result = typename bobbin::detail::call<F, Args...>::result;
    static_assert(std::is_void_v<result> || std::is_same_v<result, int>,
                  "bobbin: a process's function returns its exit code, an int, or nothing. Results "
                  "come from a process_pool, or through a shared_queue");

    static std::uint64_t key() { return remote_key<F, Args...>(); }
};

template <class F, class... Args>
process_call::process_call(const F& f, const Args&... args)
    : callable_(accepted_process_call<F, Args...>::key()) {
    payload_writer bytes(arguments_, *store_);
    encoder to(bytes);
    callable_codec<F>::put(to, f);
    (to.put(args), ...);
    bytes.finish();
}

}}}  // namespace bobbin::v0::ipc::detail
