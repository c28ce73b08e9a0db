// See type_name.hpp.
#include <bobbin/runtime/detail/os/type_name.hpp>

#include <cstdlib>
#include <cxxabi.h>
#include <memory>
#include <string_view>

namespace bobbin { inline namespace v0 {

std::string detail::type_name(const std::type_info& type) {
    int failed = 0;
    const std::unique_ptr<char, decltype(&std::free)> name(
        abi::__cxa_demangle(type.name(), nullptr, nullptr, &failed), &std::free);
    return failed == 0 ? name.get() : type.name();
}

std::string detail::callable_name(const std::type_info& call) {
    std::string name = type_name(call);
    // " (int, f(char))" at its end.
    if (name.ends_with(')')) {
        int open = 0;
        std::size_t at = name.size();
        do {
            --at;
            if (name[at] == ')') ++open;
            if (name[at] == '(') --open;
        } while (open > 0 && at > 0);
        if (at > 0 && name[at - 1] == ' ') name.resize(at - 1);
    }
    const std::string_view before = "bobbin::v0::fn<&";
    if (name.starts_with(before) && name.ends_with('>')) {
        name = name.substr(before.size(), name.size() - before.size() - 1);
        if (name.starts_with('(') && name.ends_with(')')) name = name.substr(1, name.size() - 2);
    }
    return name;
}

}}  // namespace bobbin::v0
