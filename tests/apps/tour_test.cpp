// Goal: the tour goes through the notebook in its order, every cell right; and can be read by
// people, in a terminal of 80 columns or a file, and by programs.
// Method: the program as it is built, run by a shell. TOUR_PROGRAM is its path.

#include "program.hpp"
#include "tour_output.hpp"

#include <algorithm>
#include <doctest/doctest.h>
#include <sstream>
#include <string>
#include <vector>

namespace {

tests::program_run run_tour(const std::string& arguments) {
    return tests::run_program(TOUR_PROGRAM, arguments);
}

bool has(const std::string& text, const std::string& words) {
    return text.find(words) != std::string::npos;
}

std::vector<std::string> names_of(const std::vector<tests::tour_cell>& cells) {
    std::vector<std::string> names;
    for (const auto& cell : cells) {
        names.push_back(cell.name());
    }
    return names;
}

std::string result_of(const std::string& cell, const std::string& arguments = "") {
    const auto run = run_tour("--json --cell " + cell + " " + arguments);
    CHECK(run.exit_code == 0);
    const auto cells = tests::tour_cells(run.out);
    REQUIRE(cells.size() == 1);
    CHECK(cells[0].field("ok") == "true");
    return cells[0].field("result");
}

std::size_t longest_line(const std::string& text) {
    std::istringstream lines(text);
    std::string line;
    std::size_t most = 0;
    while (std::getline(lines, line)) {
        most = std::max(most, line.size());
    }
    return most;
}

}  // namespace

TEST_CASE("all cells are there in order, and right") {
    const auto run = run_tour("--json");
    CHECK(run.exit_code == 0);
    CHECK(run.err.empty());
    const auto cells = tests::tour_cells(run.out);
    const std::vector<std::string> expected = {
        "In5",  "In7",  "In8",  "In10", "In11", "In12", "In13", "In14", "In15", "In19",
        "In21", "In25", "In26", "In27", "In28", "In34", "In35", "In36", "In37", "In41",
        "In42", "In43", "In45", "In49", "In51", "In54", "In56", "In59", "In62", "In64"};
    CHECK(names_of(cells) == expected);
    for (const auto& cell : cells) {
        CAPTURE(cell.line);
        CHECK(cell.field("ok") == "true");
        CHECK(cell.number("seconds") > 0);
        CHECK(cell.number("user") >= 0);
        CHECK(cell.number("system") >= 0);
        CHECK(cell.field("title").size() > 2);
        CHECK(cell.field("result").size() > 2);
    }
}

TEST_CASE("the notebook's times are beside the cells that it times, and null beside the others") {
    const auto cells = tests::tour_cells(run_tour("--json --cell In12 --cell In19").out);
    REQUIRE(cells.size() == 2);
    CHECK(cells[0].number("notebook_seconds") == 1.5);
    CHECK(cells[1].field("notebook_seconds") == "null");
}

TEST_CASE("--cell runs the cells that are asked for, once and in the notebook's order") {
    const auto run = run_tour("--json --cell In26 --cell In19 --cell In26 --cell In24 --cell In18");
    const std::vector<std::string> expected = {"In19", "In25", "In26"};
    CHECK(names_of(tests::tour_cells(run.out)) == expected);
}

TEST_CASE("results are printed as the notebook prints them") {
    CHECK(result_of("In19") ==
          R"("a running: True\na done: False\nb running: True\nb done: False\n)"
          R"(c running: False\nc done: False\na result 1\nb result 2\nc result 100")");
    CHECK(result_of("In26") == R"("[1, 5, 9, 13, 17, 21, 25, 29, 33, 37, 41, 45]")");
    CHECK(result_of("In25").starts_with(R"("[array([0, 1]),\n array([2, 3]),\n)"));
    CHECK(result_of("In21").starts_with(R"("Process 4 cancelled\nProcess done! (12 times)\n0.)"));
    CHECK(has(result_of("In45"), R"(,\n       ...,\n       3.)"));
    CHECK(result_of("In51") == result_of("In26"));
    CHECK(result_of("In54").starts_with(R"("array([0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, )"));
    CHECK(has(result_of("In56"), R"(, 8),\n )"));
    CHECK(has(result_of("In59"), R"( 9\ncounter 0\ncounter 10, by threads")"));
    for (const std::string cell : {"In62", "In64"}) {
        CHECK(result_of(cell).starts_with(R"("100\n[)"));
    }
}

TEST_CASE("estimates are the same in every cell of the same work, on any number of workers") {
    const std::string expected = result_of("In8");
    CHECK(expected.starts_with("\"array([3.14"));
    CHECK(std::count(expected.begin(), expected.end(), ',') == 9);
    for (const std::string cell : {"In11", "In13", "In28", "In35", "In37", "In42"}) {
        CHECK(result_of(cell, "--workers 3") == expected);
    }
}

TEST_CASE("cells are right on one worker and on more than there are cores") {
    for (const std::string workers : {"1", "5"}) {
        const auto run = run_tour("--workers " + workers);
        CHECK(run.exit_code == 0);
        CHECK(has(run.out, "30 right, 0 wrong\n"));
    }
}

TEST_CASE("in a file the tour is plain text that fits 80 columns") {
    const auto run = run_tour("");
    CHECK(run.exit_code == 0);
    CHECK(run.err.empty());
    CHECK(longest_line(run.out) <= 80);
    CHECK(std::none_of(run.out.begin(), run.out.end(),
                       [](char c) { return (c >= 0 && c < ' ' && c != '\n') || c == '\x7f'; }));
    for (const char* words : {"In12  ", "pool.map(", "array([3.14", "a running: True", "wall ",
                              "user ", "system ", "notebook 1.50 s"}) {
        CAPTURE(words);
        CHECK(has(run.out, words));
    }
}

TEST_CASE("each cell shows the code that it runs") {
    const std::string out = run_tour("--cell In12").out;
    CHECK(has(out, "    | bobbin::ipc::process_pool pool(workers);\n"));
    CHECK_FALSE(has(out, "shown by"));
}

TEST_CASE("--help lists the cells and gives an example") {
    const auto run = run_tour("--help");
    CHECK(run.exit_code == 0);
    CHECK(has(run.out, "In12"));
    CHECK(has(run.out, "Example: tour "));
}

TEST_CASE("a misuse is explained on stderr and ends with 2") {
    for (const std::string arguments :
         {"--cell In3", "--cell In65", "--cell 12", "--cell In12x", "--cell ''", "--cell",
          "--workers 0", "--workers many", "--frobnicate", "moon"}) {
        CAPTURE(arguments);
        const auto run = run_tour(arguments);
        CHECK(run.exit_code == 2);
        CHECK(run.out.empty());
        CHECK(has(run.err, "See tour --help."));
    }
}

TEST_CASE("a text that can't be written is an error") {
    for (const std::string arguments : {"--cell In25", "--cell In25 --json"}) {
        CHECK(run_tour(arguments + " >/dev/full").exit_code == 1);
    }
}
