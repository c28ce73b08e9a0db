// Goal: everything that queue's processes put comes out, once, whatever their number; a process
// that dies is an error. Method: the program as it is built, run by a shell. QUEUE_PROGRAM is its
// path.

#include "program.hpp"

#include <boost/property_tree/json_parser.hpp>
#include <boost/property_tree/ptree.hpp>

#include <doctest/doctest.h>
#include <map>
#include <set>
#include <sstream>
#include <string>

namespace {

using boost::property_tree::ptree;

tests::program_run run_queue(const std::string& arguments) {
    return tests::run_program(QUEUE_PROGRAM, arguments);
}

bool has(const std::string& text, const std::string& words) {
    return text.find(words) != std::string::npos;
}

ptree json_of(const std::string& text) {
    std::istringstream in(text);
    ptree json;
    boost::property_tree::read_json(in, json);  // throws on anything else in the output
    return json;
}

}  // namespace

TEST_CASE("each process's items come once, with its id and its number") {
    for (const auto& [processes, items] : {std::pair{10, 1}, {1, 1}, {3, 5000}, {128, 2}}) {
        CAPTURE(processes);
        const auto run = run_queue("--json --processes " + std::to_string(processes) + " --items " +
                                   std::to_string(items));
        REQUIRE(run.exit_code == 0);
        CHECK(run.err.empty());
        const ptree json = json_of(run.out);
        CHECK(json.size() == 4);
        CHECK(json.get<int>("processes") == processes);
        CHECK(json.get<int>("items") == items);
        CHECK(json.get<double>("seconds") > 0);
        std::map<std::pair<int, int>, int> came;
        for (const auto& [name, item] : json.get_child("received")) {
            ++came[{item.front().second.get_value<int>(), item.back().second.get_value<int>()}];
        }
        std::set<int> pids;
        std::set<int> numbers;
        for (const auto& [item, count] : came) {
            CHECK(count == items);
            pids.insert(item.first);
            numbers.insert(item.second);
        }
        CHECK(static_cast<int>(came.size()) == processes);
        CHECK(static_cast<int>(pids.size()) == processes);
        CHECK(static_cast<int>(numbers.size()) == processes);
        CHECK(*numbers.begin() == 0);
        CHECK(*numbers.rbegin() == processes - 1);
    }
}

TEST_CASE("people get the notebook's list, and what was counted") {
    const auto run = run_queue("");
    CHECK(run.exit_code == 0);
    CHECK(run.out.front() == '[');
    CHECK(has(run.out, ")]\n10 processes put 1 item each, 10 came, in "));
}

TEST_CASE("of a long list, they get the beginning and the end") {
    std::istringstream lines(run_queue("--items 1000").out);
    int count = 0;
    for (std::string line; std::getline(lines, line); ++count) {
        CHECK_MESSAGE(line.size() <= 80, line);
    }
    CHECK(count == 22);
}

TEST_CASE("a process that dies is an error that says so") {
    const auto alone = run_queue("--processes 1 --die");
    CHECK(alone.exit_code == 1);
    CHECK(alone.out.empty());
    CHECK(has(alone.err, "queue: 0 of 1 items came"));
    CHECK(has(alone.err, " was killed by signal 9"));
    const auto others = run_queue("--processes 5 --items 100 --die --json");
    CHECK(others.exit_code == 1);
    CHECK(others.out.empty());
    CHECK(has(others.err, "queue: 400 of 500 items came"));
}

TEST_CASE("a misuse is explained on stderr and ends with 2") {
    for (const std::string arguments : {"--processes 0", "--processes 129", "--processes many",
                                        "--items 0", "--items -1", "--frobnicate", "moon"}) {
        CAPTURE(arguments);
        const auto run = run_queue(arguments);
        CHECK(run.exit_code == 2);
        CHECK(run.out.empty());
        CHECK(has(run.err, "See queue --help."));
    }
}

TEST_CASE("a text that can't be written is an error") {
    CHECK(run_queue(">/dev/full").exit_code == 1);
}
