// Files cut into pieces, so that jobs can work on one file side by side.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace bobbin { inline namespace v0 {

// Part of a file: the bytes from `offset` to `offset + length`. Cuts heed no borders of what the
// file holds; what to do with a line or a word that crosses one is the reader's choice.
struct file_piece {
    std::string path;
    std::uint64_t offset = 0;
    std::uint64_t length = 0;

    friend bool operator==(const file_piece&, const file_piece&) = default;
};

// Long enough that opening the file costs nothing beside reading it.
inline constexpr std::uint64_t usual_piece_bytes = std::uint64_t{4} << 20U;

// A regular file in pieces of `piece_bytes` and what is left at the end; an empty file has none,
// and neither have those of /proc, which say that they are empty.
//
// Throws std::system_error, whose text names the path and the reason, if there is no such file, if
// it can't be read, and for directories and whatever else is no regular file;
// std::invalid_argument for pieces of 0 bytes. Any thread may call it.
std::vector<file_piece> cut(const std::string& path, std::uint64_t piece_bytes = usual_piece_bytes);

}}  // namespace bobbin::v0
