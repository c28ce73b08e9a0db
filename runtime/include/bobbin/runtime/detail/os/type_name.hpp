#pragma once

#include <bobbin/runtime/detail/os/needs_rtti.hpp>

#include <string>
#include <typeinfo>

namespace bobbin { inline namespace v0 { namespace detail {

// As C++ writes it, or as the linker does if that is all there is.
std::string type_name(const std::type_info& type);

// For people, of a callable's type or of `F(Args...)`: F, and of `fn<&f>` the function f.
std::string callable_name(const std::type_info& call);

}}}  // namespace bobbin::v0::detail
