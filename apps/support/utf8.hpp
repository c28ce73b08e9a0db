#pragma once

#include <string>
#include <string_view>

namespace apps {

// The text, with U+FFFD for each byte that is not part of a character in UTF-8: files may hold any
// bytes, JSON and terminals may not.
std::string valid_utf8(std::string_view text);

}  // namespace apps
