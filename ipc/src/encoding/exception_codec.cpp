// See exception_codec.hpp.
#include "encoding/exception_codec.hpp"

#include "encoding/exception_forms.hpp"
#include "encoding/known_exceptions.hpp"

#include <bobbin/ipc/encoding.hpp>
#include <bobbin/runtime/detail/os/type_name.hpp>

#include <algorithm>
#include <array>
#include <cassert>
#include <cstdint>
#include <cxxabi.h>
#include <string>
#include <string_view>
#include <typeinfo>
#include <unistd.h>

namespace bobbin { inline namespace v0 { namespace ipc {
namespace {

// The name of the type of the exception that is being handled. One that was thrown with
// std::throw_with_nested is of a class derived from the type that was meant.
std::string name_thrown_type() {
    const std::type_info* const type = abi::__cxa_current_exception_type();
    if (type == nullptr) return "unknown";  // another language's
    std::string name = bobbin::detail::type_name(*type);
    constexpr std::string_view with_nested = "std::_Nested_exception<";
    if (name.starts_with(with_nested)) {
        name.erase(0, with_nested.size());
        name.erase(name.find_last_not_of(' ', name.size() - 2) + 1);  // "a<b> >"
    }
    return name;
}

// By its exact type: what a class of the user's adds to a base of std's would be lost.
const known_exception* find_known(const std::string& name, const std::exception& error) {
    const auto* const with_code = dynamic_cast<const std::system_error*>(&error);
    if (with_code != nullptr && !is_of_std(with_code->code().category())) return nullptr;
    const auto& all = known_exceptions();
    const auto found = std::ranges::find(all, name, &known_exception::name);
    return found != all.end() ? &*found : nullptr;
}

void put_known(encoder& to, const known_exception& type, const std::exception& error) {
    to(static_cast<std::uint8_t>(&type - known_exceptions().data()));
    type.put(to, error);
}
void put_remote(encoder& to, const std::string& name, const std::string& text) {
    put_known(to, known_exceptions().front(), remote_error(name, text, ::getpid()));
}

void put_one(encoder& to, const std::exception_ptr& error) {
    try {
        std::rethrow_exception(error);
    } catch (const std::exception& caught) {
        const std::string name = name_thrown_type();
        if (const auto* const type = find_known(name, caught))
            put_known(to, *type, caught);
        else
            put_remote(to, name, text_of(caught));
    } catch (...) {
        const std::string name = name_thrown_type();
        put_remote(to, name, "bobbin: an exception of type " + name + ", which is none of std's");
    }
}

std::exception_ptr nested_in(const std::exception_ptr& error) {
    try {
        std::rethrow_exception(error);
    } catch (const std::nested_exception& outer) {
        return outer.nested_ptr();
    } catch (...) {
        return nullptr;
    }
}

}  // namespace

void encode_exception(encoder& to, const std::exception_ptr& error) {
    assert(error);
    std::array<std::exception_ptr, most_nested_exceptions> chain;
    std::size_t count = 0;
    for (auto next = error; next && count < chain.size(); next = nested_in(next))
        chain[count++] = next;
    to(static_cast<std::uint8_t>(count));
    while (count > 0) put_one(to, chain[--count]);
}

std::exception_ptr decode_exception(decoder& from) {
    const std::size_t count = from.get<std::uint8_t>();
    if (count == 0 || count > most_nested_exceptions) from.fail("a chain of exceptions too long");
    std::exception_ptr error;
    for (std::size_t i = 0; i < count; ++i) {
        const std::size_t type = from.get<std::uint8_t>();
        if (type >= known_exceptions().size()) from.fail("a type of exception that is none");
        error = known_exceptions()[type].get(from, error);
    }
    return error;
}

}}}  // namespace bobbin::v0::ipc
