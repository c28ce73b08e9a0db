#pragma once

#include <bobbin/runtime/detail/needs_rtti.hpp>

#include <string>
#include <typeinfo>

namespace bobbin::inline v0::detail {

// As C++ writes it, or as the linker does if that is all there is.
std::string type_name(const std::type_info& type);

}  // namespace bobbin::inline v0::detail
