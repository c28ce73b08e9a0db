// See printer.hpp.
#include "printer.hpp"

#include "snippets.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace tour {
namespace {

constexpr std::size_t indent = 4;

std::string duration(double seconds) {
    if (seconds >= 1) {
        return fmt::format("{:.2f} s", seconds);
    }
    const double ms = 1e3 * seconds;
    return ms >= 100 ? fmt::format("{:.0f} ms", ms)
                     : fmt::format("{:.{}f} ms", ms, ms < 10 ? 2 : 1);
}

std::string factor(const cell_run& run) {
    const double times = *run.cell->notebook_seconds / std::max(run.times.wall, 1e-9);
    return times < 10 ? fmt::format("{:.1f}", times) : fmt::format("{:.0f}", times);
}

const chapter* chapter_of(const cell& cell) {
    for (const chapter& chapter : chapters()) {
        if (&cell >= chapter.cells.data() && &cell < chapter.cells.data() + chapter.cells.size()) {
            return &chapter;
        }
    }
    return nullptr;
}

// "In12", "In22-25"
std::string numbers(const cell& cell) {
    return cell.since == cell.name
               ? std::string(cell.name)
               : fmt::format("{}-{}", cell.since, cell.name.substr(std::string_view("In").size()));
}

}  // namespace

std::string printer::introduction() const {
    return terminal_.bold("A tour of bobbin along the notebook \"Multi-Core Parallelism\"") + "\n" +
           apps::wrapped(
               fmt::format(
                   "Each cell says what it shows, then the code that runs, what came of it, and "
                   "the time it took, with that of the notebook beside it. Pools have {} "
                   "worker{}, where no other number is given; the notebook's have 4. The times "
                   "on the CPU, user and system, are of this process alone, as the notebook's.",
                   workers_, workers_ == 1 ? "" : "s"),
               {}, terminal_.prose_columns());
}

std::string printer::before(const cell& cell) {
    std::string text;
    if (const chapter* const of_cell = chapter_of(cell); of_cell != chapter_) {
        chapter_ = of_cell;
        text += fmt::format("\n{}\n", terminal_.bold(fmt::format("=== {}", of_cell->title)));
    }
    text += fmt::format("\n{}\n", terminal_.bold(fmt::format("{}  {}", numbers(cell), cell.title)));
    text +=
        apps::wrapped(cell.shows, {.first = indent, .others = indent}, terminal_.prose_columns());
    const std::string_view code = snippet_of(cell.name);
    if (code.empty()) {
        text += '\n';
    } else {
        text += fmt::format("\n{}\n", apps::prefixed(code, "    | "));
    }
    return text;
}

std::string printer::after(const cell_run& run) const {
    const std::string verdict = run.verdict.ok ? terminal_.good("ok   ") : terminal_.bad("WRONG");
    std::string text = apps::prefixed(run.verdict.result, "    ");
    text += fmt::format(
        "    {}  {}\n", verdict,
        terminal_.dim(fmt::format("wall {}   user {}   system {}", duration(run.times.wall),
                                  duration(run.times.user), duration(run.times.system))));
    if (const auto& notebook = run.cell->notebook_seconds) {
        text += fmt::format("           {}\n",
                            terminal_.dim(fmt::format("notebook {}: {} times as long",
                                                      duration(*notebook), factor(run))));
    }
    return text;
}

std::string printer::conclusion(const std::vector<cell_run>& runs) const {
    std::string text = fmt::format("\n{}\n\n", terminal_.bold("=== Summary"));
    text += fmt::format("{:<8}{:<38}{:>10}{:>10}{:>7}\n", "cell", "", "wall", "notebook", "times");
    std::size_t right = 0;
    for (const cell_run& run : runs) {
        text += fmt::format("{:<8}{:<38}", numbers(*run.cell), run.cell->title);
        right += run.verdict.ok ? 1U : 0U;
        const bool timed = run.cell->notebook_seconds.has_value();
        text += fmt::format("{:>10}{:>10}{:>7}  {}\n", duration(run.times.wall),
                            timed ? duration(*run.cell->notebook_seconds) : "",
                            timed ? factor(run) : "",
                            run.verdict.ok ? terminal_.good("ok") : terminal_.bad("WRONG"));
    }
    text += fmt::format("\n{} right, {} wrong\n", right, runs.size() - right);
    return text;
}

}  // namespace tour
