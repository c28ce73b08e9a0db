#pragma once

#include <string>
#include <vector>

namespace wordcount {

// The files that the paths mean, in the order of the paths: of a directory, all regular files in
// and below it, sorted. Symbolic links are followed if they are given, not if they are found.
//
// Throws std::system_error that names the path and the reason if there is nothing at a path, or if
// a directory can't be read.
std::vector<std::string> files_of(const std::vector<std::string>& paths);

}  // namespace wordcount
