// bench: bobbin beside its peers, on the same work in the same run.
#include "harness/chart.hpp"
#include "harness/control.hpp"
#include "harness/fresh.hpp"
#include "harness/json.hpp"
#include "harness/measure.hpp"
#include "harness/peak.hpp"
#include "harness/table.hpp"
#include "options.hpp"
#include "peers/processes.hpp"

#include <bobbin/ipc/init.hpp>

#include <algorithm>
#include <cstdlib>
#include <fmt/format.h>
#include <fstream>
#include <iostream>
#include <stdexcept>

namespace bench { namespace {

using suite_maker = suite (*)(const suite_size&);

constexpr std::uint64_t quick_rounds = 3;
constexpr std::uint64_t no_child = ~std::uint64_t{0};

struct options {
    suite_maker make_suite = nullptr;
    bool json = false;
    std::string svg;
    bool quick = false;
    std::uint64_t rounds = 15;
    std::uint64_t workers = 2;
    std::vector<std::string> runtimes;
    std::vector<std::string> works;
    // Set by this program when it starts itself for one run:
    std::uint64_t child = no_child;
    bool child_stack = false;
};

// What is wrong with the command line beyond its syntax.
struct bad_input : std::runtime_error {
    using std::runtime_error::runtime_error;
};

void declare(apps::command_line& line, options& options) {
    line.add_choice<suite_maker>("suite", options.make_suite,
                                 {{"forkjoin", fork_join_suite},
                                  {"pi", pi_suite},
                                  {"dispatch", dispatch_suite},
                                  {"stack", stack_suite},
                                  {"ipc", ipc_suite},
                                  {"processes", processes_suite}},
                                 "What to time");
    line.add_flag("--json", options.json, "Print JSON and nothing else on stdout");
    line.add_text("--svg", options.svg, "FILE",
                  "Write the chart to this file (bench-SUITE.svg; with --json, nowhere)");
    line.add_flag("--quick", options.quick,
                  fmt::format("Small works and {} rounds: to see that it runs", quick_rounds));
    line.add_count("--rounds", options.rounds, {.min = 1, .max = 10'000},
                   "Interleaved rounds after the one that warms up");
    line.add_count("--workers", options.workers, {.min = 2, .max = 1024},
                   "The larger number of workers, beside 1");
    line.add_list("--runtimes", options.runtimes, "Only these, separated by commas");
    line.add_list("--works", options.works, "Only these, separated by commas");
    line.add_count("--child", options.child, {}, "Run only this contender, in a fresh process");
    line.hide("--child");
    line.add_flag("--child-stack", options.child_stack, "Its stack too");
    line.hide("--child-stack");
    line.add_footer(
        "Suites:\n"
        "  forkjoin  fib and skynet, a task for each call: what a task costs\n"
        "  pi        Monte-Carlo jobs, few large and many small: what an application sees\n"
        "  dispatch  jobs of 1 us to 10 ms, and mixed, through map and submit, chunk by chunk\n"
        "  stack     long loops and deep recursions of awaits, and the stack they take\n"
        "  ipc       messages between processes, and counts that they share\n"
        "  processes jobs on a pool of processes: handing out, round trips, large values, "
        "starts\n\n"
        "Example: bench forkjoin --runtimes bobbin,oneTBB,serial --rounds 5");
}

// Leaves the contenders whose `field` is wanted.
void filter(suite& suite, std::string contender::*field, const std::string& option,
            const std::vector<std::string>& wanted) {
    if (wanted.empty()) {
        return;
    }
    std::vector<std::string> known;
    std::vector<contender> kept;
    for (contender& candidate : suite.contenders) {
        known.push_back(candidate.*field);
        if (std::count(wanted.begin(), wanted.end(), candidate.*field) > 0) {
            kept.push_back(std::move(candidate));
        }
    }
    for (const std::string& name : wanted) {
        if (std::count(known.begin(), known.end(), name) == 0) {
            throw bad_input(fmt::format("{}: '{}' is not in {}", option, name, suite.name));
        }
    }
    suite.contenders = std::move(kept);
}

int report(const suite& suite, const options& options, const std::vector<std::string>& arguments) {
    const bool with_chart = !options.json || !options.svg.empty();
    const std::string svg =
        options.svg.empty() ? fmt::format("bench-{}.svg", suite.name) : options.svg;
    // Opened first: nobody wants to learn after a minute that there is no such folder.
    std::ofstream chart;
    if (with_chart) {
        chart.open(svg);
        if (!chart) {
            throw bad_input(fmt::format("--svg: cannot write {}", svg));
        }
    }
    const control before = measure_control();
    std::vector<row> rows = measure(suite, options.rounds);
    const control after = measure_control();
    measure_peaks(suite, arguments, rows);

    std::ostream& talk = options.json ? std::cerr : std::cout;
    std::cout << (options.json ? to_json(suite, rows) : to_table(suite, rows)) << std::flush;
    talk << "\n" << describe(before, after) << to_notes(suite);
    if (with_chart) {
        chart << to_svg(suite, rows) << std::flush;
        talk << "chart: " << svg << "\n";
    }
    if (!std::cout || (with_chart && !chart)) {
        throw std::runtime_error("the report could not be written");
    }
    return EXIT_SUCCESS;
}

int run(int argc, char** argv) {
    options options;
    apps::command_line line("bench",
                            "Times bobbin beside its peers, on the same work in the same run");
    declare(line, options);
    if (const std::optional<int> code = line.parse(argc, argv)) {
        return *code;
    }
    if (options.quick && !line.given("--rounds")) {
        options.rounds = quick_rounds;
    }
    suite suite = options.make_suite(
        {.quick = options.quick, .workers = static_cast<unsigned>(options.workers)});
    try {
        filter(suite, &contender::runtime, "--runtimes", options.runtimes);
        filter(suite, &contender::work, "--works", options.works);
        if (options.child != no_child) {
            return run_as_child(suite, options.child, options.child_stack);
        }
        const std::vector<std::string> arguments(argv, argv + argc);
        make_fresh(suite, arguments);
        return report(suite, options, arguments);
    } catch (const bad_input& error) {
        return line.misuse(error.what());
    }
}

}}  // namespace bench

int main(int argc, char** argv) {
    try {
        bobbin::ipc::init(argc, argv);
        if (argc == 2 && argv[1] == bench::peers::ends_at_once) {
            return EXIT_SUCCESS;
        }
        return bench::run(argc, argv);
    } catch (const std::exception& error) {
        fmt::print(stderr, "bench: {}\n", error.what());
        return EXIT_FAILURE;
    }
}
