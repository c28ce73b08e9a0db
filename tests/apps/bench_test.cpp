// Goal: every suite of bench runs to its end, gives the right answers (it checks each runtime's
// itself) and reports in the promised shape. Method: the program as it is built, in its quick form,
// whose figures mean nothing. BENCH_PROGRAM is its path.

#include "program.hpp"

#include <boost/property_tree/json_parser.hpp>
#include <boost/property_tree/ptree.hpp>
#include <boost/property_tree/xml_parser.hpp>

#include <cstdio>
#include <doctest/doctest.h>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>
#include <string>
#include <tuple>

namespace {

using boost::property_tree::ptree;
using row_key = std::tuple<std::string, std::string, unsigned>;  // runtime, work, workers

tests::program_run run_bench(const std::string& arguments) {
    return tests::run_program(BENCH_PROGRAM, arguments);
}

// The rows of a run with --json, whose every field has been looked at.
std::set<row_key> rows_of(const std::string& suite) {
    const auto run = run_bench(suite + " --quick --json");
    REQUIRE(run.exit_code == 0);
    std::istringstream text(run.out);
    ptree json;
    boost::property_tree::read_json(text, json);  // throws on anything else in the output
    CHECK(json.get<std::string>("suite") == suite);
    std::set<row_key> keys;
    for (const auto& [name, row] : json.get_child("rows")) {
        CHECK(row.size() == 6);
        CHECK(row.get<double>("seconds") > 0);
        CHECK(row.get<double>("ns_per_task") > 0);
        CHECK(row.get<double>("peak_rss_mib") > 1);
        const bool is_new = keys.emplace(row.get<std::string>("runtime"),
                                         row.get<std::string>("work"), row.get<unsigned>("workers"))
                                .second;
        CHECK(is_new);
    }
    return keys;
}

std::set<row_key> all_of(const std::set<std::string>& runtimes, const std::set<std::string>& works,
                         const std::set<unsigned>& worker_counts) {
    std::set<row_key> keys;
    for (const std::string& runtime : runtimes) {
        for (const std::string& work : works) {
            for (const unsigned workers : worker_counts) {
                keys.emplace(runtime, work, workers);
            }
        }
    }
    return keys;
}

// Removes the rows of the runtimes that begin so.
std::set<row_key> take_out(std::set<row_key>& rows, const std::string& prefix) {
    std::set<row_key> taken;
    for (auto row = rows.begin(); row != rows.end();) {
        const auto next = std::next(row);
        if (std::get<0>(*row).starts_with(prefix)) {
            taken.insert(rows.extract(row));
        }
        row = next;
    }
    return taken;
}

}  // namespace

TEST_CASE("forkjoin has a row for each runtime, work and number of workers") {
    CHECK(rows_of("forkjoin") == all_of({"bobbin", "oneTBB", "OpenMP tasks", "asio callbacks",
                                         "asio::post tasks", "std::async", "serial"},
                                        {"fib", "skynet"}, {1, 2}));
}

TEST_CASE("pi has a row for each runtime, and serial at one worker") {
    const std::set<std::string> works = {"10 x 100000", "200 x 10000"};
    auto expected = all_of({"bobbin", "bobbin parallel_for", "oneTBB", "OpenMP for",
                            "asio callbacks", "asio::post tasks", "std::async", "limit"},
                           works, {1, 2});
    expected.merge(all_of({"serial"}, works, {1}));
    CHECK(rows_of("pi") == expected);
}

TEST_CASE("dispatch has a row for each way of each runtime, and Python's where it is installed") {
    const std::set<std::string> works = {"1 us", "100 us", "10 ms", "mixed", "pi", "no-op"};
    auto expected =
        all_of({"limit", "bobbin", "bobbin chunk 1", "bobbin unordered", "bobbin submit",
                "oneTBB for", "oneTBB group", "asio callbacks", "std::async"},
               works, {1, 2});
    expected.merge(all_of({"bobbin chunk 10"}, {"1 us", "100 us", "10 ms", "mixed"}, {1, 2}));
    expected.merge(
        all_of({"bobbin chunk 100", "bobbin chunk 1000"}, {"1 us", "100 us", "mixed"}, {1, 2}));
    auto rows = rows_of("dispatch");
    const auto python = take_out(rows, "Python");
    CHECK(rows == expected);
    const auto all_python = all_of({"Python threads", "Python processes"}, {"no-op"}, {1, 2});
    CHECK((python.empty() || python == all_python));
}

TEST_CASE("ipc has a row for each channel and counter, and for what the system has beside") {
    auto expected = all_of({"bobbin", "bobbin pipe", "Boost queue", "Unix pipe", "limit"},
                           {"64 B", "1 MiB", "round trip"}, {1});
    expected.merge(all_of({"bobbin", "bobbin batch", "bobbin pipe", "Boost queue", "Unix pipe"},
                          {"64 B"}, {1, 8}));
    expected.merge(all_of({"spinning"}, {"round trip"}, {1}));
    expected.merge(all_of({"limit", "bobbin", "bobbin get_lock", "bobbin sharded", "bobbin mutex",
                           "robust pthread", "Boost mutex"},
                          {"increment"}, {1, 2}));
    auto rows = rows_of("ipc");
    const auto python = take_out(rows, "Python");
    take_out(rows, "POSIX");
    take_out(rows, "ZeroMQ");
    CHECK(rows == expected);
    auto all_python = all_of({"Python Queue", "Python Pipe"}, {"64 B"}, {1});
    all_python.merge(all_of({"Python Value"}, {"increment"}, {1}));
    CHECK((python.empty() || python == all_python));
}

TEST_CASE("processes has a row for each way of handing out jobs, of sending and of starting") {
    auto expected = all_of({"limit", "bobbin", "bobbin chunk 1", "fork"}, {"no-op"}, {1, 2});
    expected.merge(
        all_of({"limit", "bobbin", "bobbin chunk 1", "threads", "threads chunk 1"}, {"pi"}, {2}));
    expected.merge(all_of({"limit", "bobbin", "bobbin chunk 1", "bobbin chunk 10"},
                          {"1 us", "100 us", "10 ms", "mixed"}, {2}));
    expected.merge(
        all_of({"bobbin chunk 100", "bobbin chunk 1000"}, {"1 us", "100 us", "mixed"}, {2}));
    expected.merge(all_of({"limit", "bobbin", "threads"}, {"submit"}, {2}));
    expected.merge(
        all_of({"limit", "futex on two cores", "bobbin", "bobbin co_await", "bobbin array"},
               {"round trip"}, {2}));
    expected.merge(all_of({"limit", "bobbin"}, {"64 MiB"}, {2}));
    expected.merge(all_of({"limit", "posix_spawn", "bobbin", "bobbin cold"}, {"pool start"}, {2}));
    expected.merge(
        all_of({"limit", "bobbin", "bobbin forked", "std::thread"}, {"process start"}, {1}));
    auto rows = rows_of("processes");
    const auto python = take_out(rows, "Python");
    CHECK(rows == expected);
    const auto all_python =
        all_of({"Python executor", "Python executor 100", "Python Pool", "Python Pool 100"},
               {"no-op"}, {2});
    CHECK((python.empty() || python == all_python));
}

TEST_CASE("only the wanted works are run") {
    const auto run = run_bench(
        "dispatch --quick --json --rounds 1 --runtimes bobbin,limit "
        "--works pi,mixed");
    REQUIRE(run.exit_code == 0);
    std::istringstream text(run.out);
    ptree json;
    boost::property_tree::read_json(text, json);
    CHECK(json.get_child("rows").size() == 8);
}

TEST_CASE("stack has a row for each runtime, at one worker") {
    CHECK(rows_of("stack") == all_of({"bobbin", "asio::awaitable", "asio::post tasks", "serial"},
                                     {"loop", "recursion"}, {1}));
}

TEST_CASE("people get a table of at most 80 columns, and a chart where they want it") {
    const std::string svg = "bench_test.svg";
    const auto run = run_bench("forkjoin --quick --runtimes bobbin,serial --rounds 1 --svg " + svg);
    CHECK(run.exit_code == 0);
    CHECK(run.out.find("chart: " + svg) != std::string::npos);
    CHECK(run.out.find("controls before / after") != std::string::npos);
    CHECK(run.out.find("oneTBB  ") == std::string::npos);
    std::istringstream lines(run.out);
    for (std::string line; std::getline(lines, line);) {
        CHECK_MESSAGE(line.size() <= 80, line);
    }
    ptree picture;
    boost::property_tree::read_xml(svg, picture);  // throws if it is not XML
    CHECK(picture.count("svg") == 1);
    std::remove(svg.c_str());
}

TEST_CASE("a bar on a terminal says how many rounds are done, and is erased") {
    const std::string bar = tests::terminal_output(
        BENCH_PROGRAM, "forkjoin --quick --json --rounds 1 --runtimes serial --works fib");
    CHECK(bar.starts_with("\r[........................................] 0 of 2\r"));
    CHECK(bar.find("\r[####################....................] 1 of 2\r") != std::string::npos);
    CHECK(bar.find("\r[########################################] 2 of 2\r\x1b[K") !=
          std::string::npos);
}

TEST_CASE("bad input is explained on stderr, with exit code 2") {
    for (const std::string arguments :
         {"", "nonsense", "pi extra", "pi --rounds 0", "pi --workers 1", "pi --runtimes nobody",
          "pi --works nothing", "pi --svg /no/such/folder/chart.svg"}) {
        const auto run = run_bench(arguments);
        CAPTURE(arguments);
        CHECK(run.exit_code == 2);
        CHECK(run.out.empty());
        CHECK(run.err.find("bench: ") == 0);
    }
}

TEST_CASE("--help shows the suites and an example") {
    const auto run = run_bench("--help");
    CHECK(run.exit_code == 0);
    CHECK(run.out.find("forkjoin|pi|dispatch|stack|ipc|processes") != std::string::npos);
    CHECK(run.out.find("Example: bench") != std::string::npos);
}
