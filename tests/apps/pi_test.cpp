// Goal: pi computes the same wherever it runs, and says clearly what is wrong with its options.
// Method: the program as it is built, run by a shell. PI_PROGRAM is its path.

#include "program.hpp"

#include <bobbin/workloads/mc_pi.hpp>

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <numbers>
#include <set>
#include <string>
#include <vector>

namespace {

tests::program_run run_pi(const std::string& arguments) {
    return tests::run_program(PI_PROGRAM, arguments);
}

// What stands behind "name": in the program's JSON, up to the end of the text.
std::string value_of(const std::string& json, const std::string& name) {
    const std::string key = '"' + name + "\":";
    const auto at = json.find(key);
    REQUIRE_MESSAGE(at != std::string::npos, name << " is missing in " << json);
    return json.substr(at + key.size());
}

double number_of(const std::string& json, const std::string& name) {
    return std::strtod(value_of(json, name).c_str(), nullptr);
}

std::vector<double> estimates_of(const std::string& json) {
    const std::string text = value_of(json, "estimates");
    REQUIRE(text.front() == '[');
    std::vector<double> estimates;
    const char* at = text.c_str();
    do {
        char* end = nullptr;
        estimates.push_back(std::strtod(at + 1, &end));
        at = end;
    } while (*at == ',');
    CHECK(*at == ']');
    return estimates;
}

std::vector<double> estimates_with(const std::string& arguments) {
    const tests::program_run run = run_pi("--json " + arguments);
    REQUIRE(run.exit_code == 0);
    return estimates_of(run.out);
}

}  // namespace

TEST_CASE("the JSON is one object with every field in its place, alone on stdout") {
    const auto run =
        run_pi("--json --jobs 3 --samples 1000 --workers 2 --seed 18446744073709551615");
    CHECK(run.exit_code == 0);
    CHECK(run.err.empty());
    const std::string head =
        R"({"place":"threads","kernel":"fast","workers":2,"jobs":3,"samples":1000,)"
        R"("chunk":"auto","seed":18446744073709551615,"estimates":[)";
    CHECK(run.out.substr(0, head.size()) == head);
    std::size_t at = head.size();
    for (const char* name : {"],\"pi\":", ",\"error\":", ",\"seconds\":", ",\"cpu_seconds\":"}) {
        CAPTURE(name);
        at = run.out.find(name, at);
        CHECK(at != std::string::npos);
    }
    CHECK(run.out.substr(run.out.size() - 2) == "}\n");
    CHECK(run.out.find('\n') == run.out.size() - 1);
}

TEST_CASE("the numbers in the JSON are exact, and agree with each other") {
    const auto run = run_pi("--json --jobs 3 --samples 100003 --seed 5");
    const std::vector<double> estimates = estimates_of(run.out);
    REQUIRE(estimates.size() == 3);
    for (std::uint64_t job = 0; job < 3; ++job) {
        CHECK(estimates[job] == bobbin::mc_pi(100'003, 5, job));
    }
    const double mean = (estimates[0] + estimates[1] + estimates[2]) / 3;
    CHECK(number_of(run.out, "pi") == mean);
    CHECK(number_of(run.out, "error") == std::abs(mean - std::numbers::pi));
    CHECK(number_of(run.out, "seconds") > 0);
    CHECK(number_of(run.out, "cpu_seconds") > 0);
}

TEST_CASE(
    "estimates are the same in line, on 1, 2 and 7 workers of any kind, by any chunks and "
    "vectors") {
    for (const std::string work : {"--jobs 10 --samples 100003", "--jobs 1000 --samples 100"}) {
        const std::vector<double> expected = estimates_with("--place sequential " + work);
        for (const char* workers : {"1", "2", "7"}) {
            for (const char* place : {"threads", "processes"}) {
                CHECK(estimates_with(fmt::format("--place {} {} --workers {}", place, work,
                                                 workers)) == expected);
            }
        }
        for (const char* chunk : {"1", "3", "10000000", "auto"}) {
            for (const char* place : {"sequential", "threads", "processes"}) {
                CHECK(estimates_with(fmt::format("--place {} --chunk {} {}", place, chunk, work)) ==
                      expected);
            }
        }
        CHECK(estimates_with("--isa baseline " + work) == expected);
        for (const std::string isa : {"avx2", "avx512"}) {
            if (run_pi("--samples 1 --isa " + isa).exit_code == 0) {
                CHECK(estimates_with(fmt::format("--isa {} {}", isa, work)) == expected);
            }
        }
    }
}

TEST_CASE("a chunk that is given is a number in the JSON") {
    CHECK(number_of(run_pi("--json --samples 1 --chunk 7").out, "chunk") == 7);
}

TEST_CASE("all places run the scalar kernel, which differs from the fast one") {
    const std::string work = "--jobs 10 --samples 1000 ";
    const std::vector<double> estimates = estimates_with(work + "--kernel scalar");
    CHECK(estimates == estimates_with(work + "--kernel scalar --place sequential"));
    CHECK(estimates == estimates_with(work + "--kernel scalar --place processes"));
    CHECK(estimates != estimates_with(work + "--kernel fast"));
    CHECK(estimates[9] == bobbin::mc_pi(1'000, 12, 9, bobbin::mc_pi_kernel::scalar));
}

TEST_CASE("at the default seed 37 jobs of 100,003 samples give 37 different estimates") {
    for (const std::string kernel : {"scalar", "fast"}) {
        const auto estimates = estimates_with("--jobs 37 --samples 100003 --kernel " + kernel);
        CHECK(std::set<double>(estimates.begin(), estimates.end()).size() == 37);
    }
}

TEST_CASE("a person is told pi, its error, the time, and the notebook's for the same work") {
    const auto run = run_pi("--workers 2");
    CHECK(run.exit_code == 0);
    CHECK(run.err.empty());
    for (const char* words : {"10 jobs of 10,000,000 samples", "2 threads", "array([3.14", "pi  ",
                              "standard error", "time  ", "notebook  1.5 s"}) {
        CAPTURE(words);
        CHECK(run.out.find(words) != std::string::npos);
    }
    CHECK(run_pi("--jobs 10000 --samples 10000").out.find("notebook  4.2 s") != std::string::npos);
    CHECK(run_pi("--jobs 10 --samples 1000").out.find("notebook") == std::string::npos);
    const std::string in_processes = run_pi("--place processes --workers 2 --samples 1000").out;
    CHECK(in_processes.find("in 2 processes") != std::string::npos);
    CHECK(in_processes.find("s of CPU beside that of the processes") != std::string::npos);
}

TEST_CASE("many estimates are shown by their first and last") {
    const std::string out = run_pi("--jobs 1000 --samples 100").out;
    CHECK(out.find("...") != std::string::npos);
    CHECK(out.size() < 1'000);
}

TEST_CASE("--help shows the defaults and an example") {
    const auto run = run_pi("--help");
    CHECK(run.exit_code == 0);
    for (const char* words : {"[threads]", "[10000000]", "Example: pi "}) {
        CAPTURE(words);
        CHECK(run.out.find(words) != std::string::npos);
    }
}

TEST_CASE("a misuse is explained on stderr and ends with 2") {
    struct misuse {
        const char* arguments;
        const char* explanation;
    };
    for (const auto& [arguments, explanation] : {
             misuse{"--jobs 0", "--jobs: must be a whole number from 1 "},
             misuse{"--jobs 10000001", "--jobs: must be a whole number from 1 to 10000000"},
             misuse{"--samples -1", "--samples: must be a whole number from 1 "},
             misuse{"--samples 0", "--samples: must be a whole number from 1 "},
             misuse{"--samples abc", "not 'abc'"},
             misuse{"--samples 1e7", "not '1e7'"},
             misuse{"--samples 0x10", "not '0x10'"},
             misuse{"--samples ''", "not ''"},
             misuse{"--samples 99999999999999999999999", "not '99999999999999999999999'"},
             misuse{"--workers 0", "--workers: must be a whole number from 1 "},
             misuse{"--chunk 0", "--chunk: must be auto or a whole number from 1 "},
             misuse{"--chunk some", "not 'some'"},
             misuse{"--seed 18446744073709551616", "--seed: must be a whole number from 0 "},
             misuse{"--place moon",
                    "--place: must be one of sequential|threads|processes, not 'moon'"},
             misuse{"--kernel slow", "--kernel: must be one of scalar|fast, not 'slow'"},
             misuse{"--isa mmx", "--isa: must be one of auto|baseline|avx2|avx512, not 'mmx'"},
             misuse{"--jobs", "--jobs"},
             misuse{"--frobnicate", "--frobnicate"},
             misuse{"moon", "moon"},
         }) {
        CAPTURE(arguments);
        const auto run = run_pi(arguments);
        CHECK(run.exit_code == 2);
        CHECK(run.out.empty());
        CHECK_MESSAGE(run.err.find(explanation) != std::string::npos, run.err);
        CHECK(run.err.find("See pi --help.") != std::string::npos);
    }
}

TEST_CASE("a result that can't be written is an error") {
    const auto run = run_pi("--json --samples 1 >/dev/full");
    CHECK(run.exit_code == 1);
    CHECK(run.err.find("standard output") != std::string::npos);
}

TEST_CASE("an instruction set that the machine lacks is refused, the others are taken") {
    for (const auto& [name, isa] : {std::pair("avx2", bobbin::mc_pi_isa::avx2),
                                    std::pair("avx512", bobbin::mc_pi_isa::avx512)}) {
        CAPTURE(name);
        const auto run = run_pi(std::string("--samples 100 --isa ") + name);
        CHECK(run.exit_code == (is_supported(isa) ? 0 : 2));
    }
}

TEST_CASE("a bar on a terminal says how far it is, and is erased; --json has none") {
    // Long enough to outlast the time in which no bar is drawn.
    for (const std::string place : {"sequential", "threads", "processes"}) {
        const std::string work = "--isa baseline --samples 30000000 --place " + place;
        const std::string bar = tests::terminal_output(PI_PROGRAM, work);
        CHECK(bar.find("[#") != std::string::npos);
        CHECK(bar.find("of 10") != std::string::npos);
        CHECK(bar.substr(bar.rfind('\r')) == "\r\x1b[K");
        CHECK(tests::terminal_output(PI_PROGRAM, work + " --json").empty());
    }
}
