// What a job ended with: a value or an exception.
#pragma once

#include <bobbin/runtime/detail/os/needs_rtti.hpp>

#include <exception>
#include <type_traits>
#include <utility>
#include <variant>

namespace bobbin { inline namespace v0 {

// Like std::variant<R, std::exception_ptr> with the questions one asks of a result. R is void or an
// object type. As safe for threads as an int.
template <class R>
class [[nodiscard]] outcome {
public:
    using value_type = R;

    // NOLINTNEXTLINE(google-explicit-constructor): a value is an outcome
    outcome(R value) : state_(std::in_place_index<0>, std::move(value)) {}
    explicit outcome(std::exception_ptr error) noexcept
        requires(!std::is_same_v<R, std::exception_ptr>)
        : outcome(failure(std::move(error))) {}
    // The same, also where an exception is a value.
    static outcome failure(std::exception_ptr error) noexcept {
        return outcome(std::in_place_index<1>, std::move(error));
    }

    bool has_value() const noexcept { return state_.index() == 0; }
    explicit operator bool() const noexcept { return has_value(); }

    // The value; throws the exception if there is none.
    R& value() & { return checked(), *std::get_if<0>(&state_); }
    const R& value() const& { return checked(), *std::get_if<0>(&state_); }
    R&& value() && { return checked(), std::move(*std::get_if<0>(&state_)); }

    // The exception; null if there is a value.
    std::exception_ptr error() const noexcept {
        const auto* error = std::get_if<1>(&state_);
        return error != nullptr ? *error : nullptr;
    }

private:
    outcome(std::in_place_index_t<1> which, std::exception_ptr error) noexcept
        : state_(which, std::move(error)) {}
    void checked() const {
        if (const auto* error = std::get_if<1>(&state_)) std::rethrow_exception(*error);
    }
    std::variant<R, std::exception_ptr> state_;
};

template <>
class [[nodiscard]] outcome<void> {
public:
    using value_type = void;

    outcome() noexcept = default;
    explicit outcome(std::exception_ptr error) noexcept : error_(std::move(error)) {}
    static outcome failure(std::exception_ptr error) noexcept { return outcome(std::move(error)); }

    bool has_value() const noexcept { return error_ == nullptr; }
    explicit operator bool() const noexcept { return has_value(); }
    void value() const {
        if (error_) std::rethrow_exception(error_);
    }
    std::exception_ptr error() const noexcept { return error_; }

private:
    std::exception_ptr error_;
};

}}  // namespace bobbin::v0
