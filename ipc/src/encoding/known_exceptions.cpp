// See known_exceptions.hpp.
#include "encoding/known_exceptions.hpp"

#include "encoding/exception_forms.hpp"

#include <bobbin/runtime/detail/os/type_name.hpp>

#include <any>
#include <functional>
#include <memory>
#include <new>
#include <optional>
#include <typeinfo>
#include <utility>
#include <variant>

namespace bobbin { inline namespace v0 { namespace ipc {
namespace {

// The exception, around another if there is one.
template <class E>
std::exception_ptr make_exception(E error, const std::exception_ptr& inner) {
    if (!inner) return std::make_exception_ptr(std::move(error));
    try {
        std::rethrow_exception(inner);
    } catch (...) {
        try {
            std::throw_with_nested(std::move(error));
        } catch (...) {
            return std::current_exception();
        }
    }
}

template <class E>
known_exception known(std::string name = bobbin::detail::type_name(typeid(E))) {
    return {std::move(name),
            [](encoder& to, const std::exception& error) {
                exception_form<E>::put(to, static_cast<const E&>(error));
            },
            [](decoder& from, const std::exception_ptr& inner) {
                return make_exception(exception_form<E>::get(from), inner);
            }};
}

template <class... E>
std::vector<known_exception> known_by_name() {
    return {known<E>()...};
}

}  // namespace

const std::vector<known_exception>& known_exceptions() {
    static const auto all = [] {
        auto types = known_by_name<
            remote_error, std::exception, std::bad_exception, std::logic_error, std::domain_error,
            std::invalid_argument, std::length_error, std::out_of_range, std::runtime_error,
            std::range_error, std::overflow_error, std::underflow_error, std::bad_alloc,
            std::bad_array_new_length, std::bad_cast, std::bad_any_cast, std::bad_typeid,
            std::bad_function_call, std::bad_optional_access, std::bad_variant_access,
            std::bad_weak_ptr, std::system_error, std::filesystem::filesystem_error,
            std::future_error, std::ios_base::failure, cancelled, timed_out, would_deadlock,
            pool_closed, no_pool, protocol_error, wrong_segment, queue_closed, producer_died,
            too_large, owner_died, broken_barrier, pool_broken, worker_died>();
        // What libstdc++ itself throws for it.
        types.push_back(known<std::ios_base::failure>("std::__ios_failure"));
        return types;
    }();
    return all;
}

}}}  // namespace bobbin::v0::ipc
