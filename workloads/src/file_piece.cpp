// See file_piece.hpp.
#include "file_reader.hpp"

#include <bobbin/workloads/file_piece.hpp>

#include <algorithm>
#include <stdexcept>

namespace bobbin { inline namespace v0 {

std::vector<file_piece> cut(const std::string& path, std::uint64_t piece_bytes) {
    if (piece_bytes == 0) {
        throw std::invalid_argument("bobbin: cut: a piece has at least one byte");
    }
    const std::uint64_t size = detail::file_reader(path).size();
    std::vector<file_piece> pieces;
    for (std::uint64_t offset = 0; offset < size;) {
        const std::uint64_t length = std::min(piece_bytes, size - offset);
        pieces.push_back({.path = path, .offset = offset, .length = length});
        offset += length;
    }
    return pieces;
}

}}  // namespace bobbin::v0
