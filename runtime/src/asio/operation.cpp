// See operation.hpp.
#include <bobbin/runtime/detail/asio/operation.hpp>
#include <bobbin/runtime/detail/os/memory_shortage.hpp>
#include <bobbin/runtime/errors.hpp>

#include <boost/asio/post.hpp>

namespace bobbin { inline namespace v0 { namespace detail {

// A party from when it is made, also where its executor's context destroys it without a call.
class operation_state::emission {
public:
    explicit emission(operation_state& of) noexcept : of_(&of) {}
    emission(emission&& other) noexcept : of_(std::exchange(other.of_, nullptr)) {}
    emission& operator=(emission&&) = delete;
    ~emission() {
        if (of_ != nullptr) of_->party_leaves();
    }

    void operator()() {
        const inside lock(*of_);
        if (of_->completion_ != completion::is_due) return;
        of_->was_asked_to_end_ = true;
        of_->signal_.emit(boost::asio::cancellation_type::all);
    }

private:
    operation_state* of_;
};

std::stop_token operation_state::token_of(join_scope& scope) {
    if (scope.stop_requested()) throw cancelled();
    return scope.stop.signal(scope).token();
}

// False: all have left.
bool operation_state::party_comes() noexcept {
    auto parties = parties_.load(std::memory_order_relaxed);
    while (parties != 0)
        if (parties_.compare_exchange_weak(parties, parties + 1, std::memory_order_relaxed))
            return true;
    return false;
}

void operation_state::stop() noexcept {
    if (!party_comes()) return;
    const emission until_posted(*this);
    std::optional<boost::asio::any_io_executor> executor;
    {
        const inside lock(*this);
        if (completion_ != completion::is_due) return;
        executor = executor_;
    }
    until_there_is_memory([&] {
        parties_.fetch_add(1, std::memory_order_relaxed);
        emission emits(*this);
        // An operation that has asked for no executor has nothing that would have to run there.
        if (executor)
            boost::asio::post(*executor, std::move(emits));
        else
            emits();
    });
}

}}}  // namespace bobbin::v0::detail
