// Tells a completion handler of a job's end. It belongs to the job, whose listener it is, until
// that has ended; then to a handler on the executor of the other, which may run it or be destroyed
// with its context.
#pragma once

#include <bobbin/runtime/detail/asio/operation.hpp>
#include <bobbin/runtime/detail/jobs/job_awaiter.hpp>
#include <bobbin/runtime/detail/os/memory_shortage.hpp>
#include <bobbin/runtime/job.hpp>

#include <boost/asio/associated_allocator.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/bind_allocator.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>

#include <exception>
#include <memory>
#include <type_traits>
#include <utility>

namespace bobbin { inline namespace v0 { namespace detail {

// How asynchronous work with such a result completes.
template <class R>
struct completion_with {
    static_assert(
        std::is_default_constructible_v<R>,
        "bobbin: a completion handler gets a value also if there is an error: R must have "
        "a default constructor; else return a std::optional or a std::unique_ptr of it");
    using signature = void(std::exception_ptr, R);
};
template <>
struct completion_with<void> {
    using signature = void(std::exception_ptr);
};

// Why an ended job has no value, which counts as seen; null if it has one.
std::exception_ptr failure_of(job_core& ended) noexcept;

template <class R, class Handler>
class job_wait final : private job_listener {
public:
    explicit job_wait(Handler&& handler)
        : job_listener(true),
          executor_(boost::asio::prefer(boost::asio::get_associated_executor(handler),
                                        boost::asio::execution::outstanding_work_t::tracked)),
          handler_(std::move(handler)) {}

    static void begin(Handler&& handler, job<R> awaited) {
        const auto own = make(std::move(handler));
        own->listen_to(std::move(awaited));
    }
    // In place of a job there is a reason why not.
    static void fail(Handler&& handler, std::exception_ptr reason) {
        const auto own = make(std::move(handler));
        own->failure_ = std::move(reason);
        post(own);
    }

private:
    using executor_type = std::decay_t<decltype(boost::asio::prefer(
        boost::asio::get_associated_executor(std::declval<const Handler&>()),
        boost::asio::execution::outstanding_work_t::tracked))>;
    static constexpr bool runs_anywhere =
        detail::runs_anywhere<boost::asio::associated_executor_t<Handler>>;

    static std::shared_ptr<job_wait> make(Handler&& handler) {
        const auto allocator = boost::asio::get_associated_allocator(handler);
        const auto own = std::allocate_shared<job_wait>(allocator, std::move(handler));
        own->self_ = own;
        return own;
    }

    void listen_to(job<R> awaited) {
        job_ = std::move(awaited);
        job_core& core = job_access::state(job_);
        if (auto slot = boost::asio::get_associated_cancellation_slot(handler_);
            slot.is_connected())
            slot.assign([job = job_ref<job_core>(&core)](boost::asio::cancellation_type) {
                job->cancel();
            });
        try {
            if (core.listen(*this)) return;  // it may be complete, and gone
        } catch (...) {
            failure_ = std::current_exception();
        }
        post(std::move(self_));
    }

    void job_ended() noexcept override {
        auto own = std::move(self_);
        // Who has cancelled the job is told by its handler later; and on a thread of the job's pool
        // nobody's handler runs but what may run anywhere.
        if (!runs_anywhere || job_.cancelled()) return post(std::move(own));
        try {
            complete(std::move(own));
        } catch (...) {
            report_callback_error();
        }
    }

    static void post(std::shared_ptr<job_wait> own) noexcept {
        job_wait& of = *own;
        of.self_ = nullptr;
        until_there_is_memory([&] {
            boost::asio::post(boost::asio::bind_allocator(
                boost::asio::get_associated_allocator(of.handler_),
                boost::asio::bind_executor(of.executor_,
                                           [own]() mutable { complete(std::move(own)); })));
        });
    }

    // On the handler's executor. The memory goes first, as handlers expect.
    static void complete(std::shared_ptr<job_wait> own) {
        [[maybe_unused]] const executor_type keeps_context = own->executor_;
        Handler handler(std::move(own->handler_));
        const job<R> ended(std::move(own->job_));
        std::exception_ptr failure = std::move(own->failure_);
        own = nullptr;
        if (auto slot = boost::asio::get_associated_cancellation_slot(handler); slot.is_connected())
            slot.clear();
        if (failure == nullptr) failure = failure_of(job_access::state(ended));
        if constexpr (std::is_void_v<R>)
            std::move(handler)(std::move(failure));
        else if (failure != nullptr)
            std::move(handler)(std::move(failure), R());
        else
            std::move(handler)(std::exception_ptr(), std::move(job_access::state(ended).value()));
    }

    executor_type executor_;  // its context is busy as long as this is there
    Handler handler_;
    job<R> job_;
    std::exception_ptr failure_;
    std::shared_ptr<job_wait> self_;  // until the job has ended
};

}}}  // namespace bobbin::v0::detail
