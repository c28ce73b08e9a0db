// See counting.hpp.
#include "counting.hpp"

#include "files.hpp"
#include "run_on.hpp"
#include "stopwatch.hpp"

#include <algorithm>

namespace wordcount {
namespace {

std::vector<bobbin::file_piece> pieces_of(const std::vector<std::string>& files) {
    std::vector<bobbin::file_piece> pieces;
    for (const std::string& file : files) {
        for (bobbin::file_piece& piece : bobbin::cut(file)) {
            pieces.push_back(std::move(piece));
        }
    }
    return pieces;
}

using word_and_count = std::pair<std::string, std::uint64_t>;

std::vector<word_and_count> most_frequent(const bobbin::word_counts& counts, std::uint64_t number) {
    const auto is_before = [](const word_and_count& a, const word_and_count& b) {
        return a.second != b.second ? a.second > b.second : a.first < b.first;
    };
    std::vector<word_and_count> top(std::min<std::uint64_t>(number, counts.size()));
    std::ranges::partial_sort_copy(counts, top, is_before);
    return top;
}

}  // namespace

result count(const settings& settings) {
    const apps::stopwatch watch;
    const std::vector<std::string> files = files_of(settings.paths);
    const std::vector<bobbin::file_piece> pieces = pieces_of(files);
    const auto counts = apps::run_on(settings.pool, "wordcount",
                                     [&](auto& pool) { return bobbin::count_words(pool, pieces); });
    result result{.files = files.size(), .distinct = counts.size()};
    for (const bobbin::file_piece& piece : pieces) {
        result.bytes += piece.length;
    }
    for (const auto& [word, count] : counts) {
        result.words += count;
    }
    result.top = most_frequent(counts, settings.top);
    result.seconds = watch.seconds();
    return result;
}

}  // namespace wordcount
