#pragma once

#include <string_view>

namespace apps {

// Writes all of the text to the standard output, at once. Throws std::system_error if that can't
// be done, as on a full disk.
void print(std::string_view text);

}  // namespace apps
