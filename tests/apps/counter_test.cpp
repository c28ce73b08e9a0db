// Goal: what processes count together is right by every method that promises it, and what they
// don't share is 0. Method: the program as it is built, run by a shell; it checks itself too, and
// ends with 1. COUNTER_PROGRAM is its path.

#include "program.hpp"

#include <boost/property_tree/json_parser.hpp>
#include <boost/property_tree/ptree.hpp>

#include <doctest/doctest.h>
#include <map>
#include <sstream>
#include <string>
#include <vector>

namespace {

using boost::property_tree::ptree;

tests::program_run run_counter(const std::string& arguments) {
    return tests::run_program(COUNTER_PROGRAM, arguments);
}

bool has(const std::string& text, const std::string& words) {
    return text.find(words) != std::string::npos;
}

// By method.
std::map<std::string, ptree> results_of(const std::string& arguments) {
    const auto run = run_counter("--json " + arguments);
    REQUIRE(run.exit_code == 0);
    CHECK(run.err.empty());
    std::istringstream in(run.out);
    ptree json;
    boost::property_tree::read_json(in, json);  // throws on anything else in the output
    std::map<std::string, ptree> results;
    for (const auto& [name, result] : json) {
        CHECK(result.size() == 7);
        CHECK(result.get<double>("seconds") > 0);
        results.emplace(result.get<std::string>("method"), result);
    }
    CHECK(results.size() == json.size());
    return results;
}

std::vector<int> store_of(const ptree& result) {
    std::vector<int> store;
    for (const auto& [name, number] : result.get_child("store")) {
        store.push_back(number.get_value<int>());
    }
    return store;
}

}  // namespace

TEST_CASE("a hundred processes at once lose nothing, and a global is not shared") {
    const auto results = results_of("");
    CHECK(results.size() == 6);
    for (const auto& [method, result] : results) {
        CAPTURE(method);
        CHECK(result.get<int>("processes") == 100);
        CHECK(result.get<int>("increments") == 1);
        CHECK(result.get<int>("expected") == 100);
        CHECK(result.get<int>("counted") == (method == "global" ? 0 : 100));
        CHECK(store_of(result) ==
              std::vector<int>({450, 460, 470, 480, 490, 500, 510, 520, 530, 540}));
    }
}

TEST_CASE("nor do a few that count for long") {
    for (const auto& [method, result] : results_of("--processes 4 --increments 50000")) {
        CAPTURE(method);
        CHECK(result.get<int>("counted") == (method == "global" ? 0 : 200'000));
        CHECK(store_of(result) == std::vector<int>({0, 1, 2, 3, 0, 0, 0, 0, 0, 0}));
    }
}

TEST_CASE("one process loses nothing, even by a load and a store") {
    for (const std::string method : {"value", "value_lock", "array", "sharded", "map_reduce"}) {
        CAPTURE(method);
        const auto results =
            results_of("--processes 1 --increments 10 --unsafe --method " + method);
        REQUIRE(results.size() == 1);
        CHECK(results.at(method).get<int>("counted") == 10);
    }
}

TEST_CASE("what is unsafe never counts too much, and the lock makes it safe") {
    const auto results = results_of("--processes 4 --increments 100000 --unsafe");
    CHECK(results.at("value").get<int>("counted") <= 400'000);
    CHECK(results.at("array").get<int>("counted") <= 400'000);
    CHECK(results.at("value_lock").get<int>("counted") == 400'000);
    CHECK(results.at("sharded").get<int>("counted") == 400'000);
}

TEST_CASE("jobs that return their counts lose nothing, wherever they run") {
    for (const std::string where :
         {"--place sequential", "--place threads --workers 1", "--place threads --workers 7",
          "--place processes --workers 1", "--place processes --workers 7"}) {
        CAPTURE(where);
        const auto results = results_of("--method map_reduce --increments 2000000 " + where);
        REQUIRE(results.size() == 1);
        const ptree& result = results.at("map_reduce");
        CHECK(result.get<int>("processes") == 100);
        CHECK(result.get<int>("expected") == 200'000'000);
        CHECK(result.get<int>("counted") == 200'000'000);
        CHECK(store_of(result) ==
              std::vector<int>({450, 460, 470, 480, 490, 500, 510, 520, 530, 540}));
    }
}

TEST_CASE("all methods are right beside a pool of processes, too") {
    for (const auto& [method, result] : results_of("--place processes")) {
        CAPTURE(method);
        CHECK(result.get<int>("counted") == (method == "global" ? 0 : 100));
    }
}

TEST_CASE("people get a table of lines that fit 80 columns") {
    for (const std::string arguments : {"", "--unsafe --processes 3 --increments 2000000"}) {
        const auto run = run_counter(arguments);
        CHECK(run.exit_code == 0);
        CHECK_FALSE(has(run.out, "WRONG"));
        for (const char* method : {"\nglobal ", "\nvalue ", "\nvalue_lock ", "\narray ",
                                   "\nsharded ", "\nmap_reduce ", "\nstore: ["}) {
            CHECK(has(run.out, method));
        }
        std::istringstream lines(run.out);
        for (std::string line; std::getline(lines, line);) {
            CHECK_MESSAGE(line.size() <= 80, line);
        }
    }
}

TEST_CASE("a misuse is explained on stderr and ends with 2") {
    for (const std::string arguments :
         {"--processes 0", "--processes 1001", "--increments 0", "--increments 1.5",
          "--method luck", "--place moon", "--workers 0", "--lock", "moon"}) {
        CAPTURE(arguments);
        const auto run = run_counter(arguments);
        CHECK(run.exit_code == 2);
        CHECK(run.out.empty());
        CHECK(has(run.err, "See counter --help."));
    }
}

TEST_CASE("a text that can't be written is an error") {
    CHECK(run_counter(">/dev/full").exit_code == 1);
}
