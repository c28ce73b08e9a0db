// See word_count.hpp.
#include "file_reader.hpp"

#include <bobbin/workloads/word_count.hpp>

#include <array>
#include <cstddef>

namespace bobbin { inline namespace v0 {
namespace {

using detail::file_reader;

constexpr char apostrophe = '\'';

// What a byte is in a word, 0 if it separates words. A table, because it is asked for every byte.
constexpr auto in_words = [] {
    std::array<char, 256> table{};
    for (std::size_t byte = 0; byte < table.size(); ++byte) {
        const bool is_capital = byte >= 'A' && byte <= 'Z';
        const bool is_letter = is_capital || (byte >= 'a' && byte <= 'z') || byte >= 0x80;
        if (is_letter || (byte >= '0' && byte <= '9') || byte == apostrophe) {
            table[byte] = static_cast<char>(is_capital ? byte - 'A' + 'a' : byte);
        }
    }
    return table;
}();

// 0 at the end of the file, as there is a word's end.
char next_in_word(file_reader& file) {
    return file.has_next() ? in_words[file.next()] : '\0';
}

// The run of letters and apostrophes at the reader's position, perhaps empty; takes the byte after
// it too.
void read_run(file_reader& file, std::string& run) {
    run.clear();
    while (const char letter = next_in_word(file)) {
        run += letter;
    }
}

void strip_apostrophes(std::string& run) {
    run.resize(run.find_last_not_of(apostrophe) + 1);
    run.erase(0, run.find_first_not_of(apostrophe));
}

}  // namespace

void emit_words(const file_piece& piece, word_emitter& emit) {
    const std::uint64_t end = piece.offset + piece.length;
    // The byte before the piece tells whether it begins within a run, which is another piece's.
    bool within = piece.offset > 0;
    file_reader file(piece.path, piece.offset - (within ? 1 : 0));
    while (within && file.position() < end) {
        within = next_in_word(file) != 0;
    }
    std::string run;
    while (file.position() < end && file.has_next()) {
        read_run(file, run);
        strip_apostrophes(run);
        if (!run.empty()) {
            emit(run, 1);
        }
    }
}

}}  // namespace bobbin::v0
