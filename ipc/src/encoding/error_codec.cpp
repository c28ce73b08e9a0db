// How std::error_code and std::error_condition are encoded: by the category's place in a list.
#include "encoding/exception_codec.hpp"
#include "encoding/exception_forms.hpp"

#include <bobbin/ipc/encoding.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <future>
#include <ios>
#include <stdexcept>
#include <string>
#include <system_error>

namespace bobbin { inline namespace v0 { namespace ipc {
namespace {

using categories = std::array<const std::error_category*, 4>;

// The categories. A code is encoded with the place of its category in this list.
categories categories_of_std() noexcept {
    return {&std::generic_category(), &std::system_category(), &std::iostream_category(),
            &std::future_category()};
}

void put_of(encoder& to, const std::error_category& category, int value) {
    const auto all = categories_of_std();
    const auto at = std::ranges::find(all, &category) - all.begin();
    if (at == static_cast<std::ptrdiff_t>(all.size()))
        throw std::invalid_argument(
            std::string("bobbin: an error code of the category '") + category.name() +
            "' means nothing in another process, as that is none of std's: send its value or text");
    to(static_cast<std::uint8_t>(at), value);
}
const std::error_category& get_category(decoder& from) {
    const auto all = categories_of_std();
    const std::size_t at = from.get<std::uint8_t>();
    if (at >= all.size()) from.fail("an error category that is none");
    return *all[at];
}

}  // namespace

bool is_of_std(const std::error_category& category) noexcept {
    return std::ranges::count(categories_of_std(), &category) != 0;
}

namespace detail {

void codec<std::error_code>::put(encoder& to, const std::error_code& value) {
    put_of(to, value.category(), value.value());
}
std::error_code codec<std::error_code>::get(decoder& from) {
    const auto& category = get_category(from);
    return {from.get<int>(), category};
}

void codec<std::error_condition>::put(encoder& to, const std::error_condition& value) {
    put_of(to, value.category(), value.value());
}
std::error_condition codec<std::error_condition>::get(decoder& from) {
    const auto& category = get_category(from);
    return {from.get<int>(), category};
}

void codec<std::exception_ptr>::put(encoder& to, const std::exception_ptr& value) {
    to.put_flag(value != nullptr);
    if (value != nullptr) encode_exception(to, value);
}
std::exception_ptr codec<std::exception_ptr>::get(decoder& from) {
    return from.get_flag() ? decode_exception(from) : nullptr;
}

}  // namespace detail
}}}  // namespace bobbin::v0::ipc
