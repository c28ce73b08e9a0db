#include <bobbin/runtime/detail/type_name.hpp>

#include <cstdlib>
#include <cxxabi.h>
#include <memory>

namespace bobbin::inline v0 {

std::string detail::type_name(const std::type_info& type) {
    int failed = 0;
    const std::unique_ptr<char, decltype(&std::free)> name(
        abi::__cxa_demangle(type.name(), nullptr, nullptr, &failed), &std::free);
    return failed == 0 ? name.get() : type.name();
}

}  // namespace bobbin::inline v0
