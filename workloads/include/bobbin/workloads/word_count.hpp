// How often each word occurs in files, whatever their size and wherever the jobs run.
//
// A word is a longest run of ASCII letters and digits, bytes from 0x80 up, and apostrophes between
// them: "don't" is one, and of "'tis 'quoted'" the words are "tis" and "quoted". The letters A-Z
// count as a-z; all other bytes are what they are. So text in UTF-8 is counted right as long as it
// is separated by ASCII (its dashes and quotation marks beyond ASCII are taken for letters), and É
// and é are two words. An underscore separates: it often marks _emphasis_. In other words:
//     LC_ALL=C grep -oaP "[A-Za-z0-9\x80-\xff]+('+[A-Za-z0-9\x80-\xff]+)*" | tr A-Z a-z
#pragma once

#include <bobbin/runtime/fn.hpp>
#include <bobbin/runtime/job_options.hpp>
#include <bobbin/runtime/pool.hpp>
#include <bobbin/runtime/task.hpp>
#include <bobbin/workloads/emitter.hpp>
#include <bobbin/workloads/file_piece.hpp>
#include <bobbin/workloads/map_reduce.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace bobbin { inline namespace v0 {

using word_counts = std::unordered_map<std::string, std::uint64_t>;
using word_emitter = emitter<std::string, std::uint64_t, std::plus<>>;

// Emits (word, 1) for each word that begins in the piece, also if it ends behind it: so the pieces
// of a file have its words once each, however it is cut. Needs memory for the longest word and for
// each different one. A piece that ends behind the end of the file has what is there.
//
// Throws std::system_error, whose text names the path and the reason, if the file can't be read;
// what the emitter throws. Any thread may call it; it is not interrupted.
void emit_words(const file_piece& piece, word_emitter& emit);

// How often each word occurs in all of the pieces together. A file that changes meanwhile is
// counted in part as it was, in part as it is.
//
// The usual window is 8 pieces for each worker, as a piece's counts may take as much memory as it.
//
// Throws what emit_words throws, for the first piece of which it does; else as map_reduce.
template <pool P>
task<word_counts> count_words(P& pool, std::vector<file_piece> pieces, map_options options = {}) {
    if (options.window == automatic) {
        options.window = std::size_t{8} * pool.size();
    }
    return map_reduce<std::string, std::uint64_t>(pool, fn<&emit_words>(), std::plus<>(),
                                                  std::move(pieces), options);
}

}}  // namespace bobbin::v0
