// The modules of this process: the program itself and its shared libraries.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace bobbin { inline namespace v0 { namespace detail {

// Where an address lies.
struct module_place {
    std::string module;  // its path; empty if there is none
    std::uintptr_t offset = 0;
    std::span<const std::byte> build_id;  // in the module; empty if it has none
};

module_place find_module(const void* address);

}}}  // namespace bobbin::v0::detail
