// Linked without a build-id: a program whose callables nobody could find.
#include "callables.hpp"

#include <cstdio>
#include <exception>
#include <stdexcept>
#include <string_view>

namespace {

template <class Question>
bool refuses(Question question) {
    try {
        question();
    } catch (const std::runtime_error& error) {
        std::puts(error.what());
        const std::string_view said = error.what();
        return said.find("-Wl,--build-id") != said.npos && said.find("no_build_id") != said.npos &&
               said.find(" (int)") != said.npos;
    }
    return false;
}

}  // namespace

int main() {
    const bool key = refuses([] { bobbin::detail::callable_key<test::add_two_hundred, int>(); });
    const bool check = refuses([] { bobbin::detail::check_callables(); });
    return key && check ? 0 : 1;
}
