// See settings.hpp.
#include "settings.hpp"

#include "options.hpp"

#include <algorithm>

namespace wordcount {
namespace {

constexpr apps::count_range top_range = {0, 1'000'000'000};

}  // namespace

std::variant<settings, int> read_settings(int argc, char** argv) {
    settings chosen;
    apps::command_line line(
        "wordcount",
        "Counts the words of files, and prints the most frequent. A word is a run of letters A-Z, "
        "digits, bytes beyond ASCII, and apostrophes between them; A-Z count as a-z. Files are cut "
        "into pieces, which are mapped over a pool; the counts depend on the files alone.");
    line.add_footer("Example: wordcount /usr/share/common-licenses --top 20");
    line.add_arguments("PATH", chosen.paths,
                       "Files and directories; of these, all regular files in and below them, but "
                       "not behind symbolic links");
    add_pool_choice(line, chosen.pool);
    line.add_count("--top", chosen.top, top_range, "Words to print");
    line.add_flag("--json", chosen.json, "Print the result as one JSON object and nothing else");
    if (const auto exit_code = line.parse(argc, argv)) {
        return *exit_code;
    }
    if (std::ranges::find(chosen.paths, "-") != chosen.paths.end()) {
        return line.misuse(
            "PATH: the standard input can't be cut into pieces; write it to a file, or say ./- if "
            "that is a file's name");
    }
    return chosen;
}

}  // namespace wordcount
