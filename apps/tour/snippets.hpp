#pragma once

#include <string_view>

namespace tour {

// The code of a cell, for a person to read; empty if there is none. Made from the sources of the
// cells by snippets.cmake.
std::string_view snippet_of(std::string_view cell);

}  // namespace tour
