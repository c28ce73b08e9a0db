// See table.hpp.
#include "table.hpp"

#include "grouping.hpp"
#include "terminal.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <functional>

namespace bench {
namespace {

constexpr std::size_t name_width = 20;
constexpr std::size_t text_width = 80;

using line_ref = const runtime_line&;

struct column {
    std::array<std::string, 2>
        heads;  // the upper one may reach to the left, over the column before
    std::size_t width;
    std::function<std::string(line_ref)> cell;
};

std::string ns(const row* row) {
    return row == nullptr ? "-" : to_figure(row->ns_per_task);
}

std::string mib(const row* row) {
    return row == nullptr ? "-" : fmt::format("{:.1f}", row->peak_rss_mib);
}

std::string against(const row* ours, const row* base) {
    if (ours == nullptr || base == nullptr) {
        return "-";
    }
    return to_figure(median_ratio(*ours, *base)) + "x";
}

std::string speed_up(line_ref line) {
    if (line.one == nullptr || line.many == nullptr) {
        return "-";
    }
    return fmt::format("{:.2f}", median_ratio(*line.one, *line.many));
}

std::string stack_kib(const row* row) {
    if (row == nullptr || row->stack_bytes == 0) {
        return "-";
    }
    return fmt::format("{:.1f}", static_cast<double>(row->stack_bytes) / 1024);
}

// `base` is what the others are set against: bobbin, or nothing.
std::vector<column> columns_at_one_worker(line_ref base, const std::string& task) {
    return {
        {{"ns", fmt::format("per {}", task)}, 14, [](line_ref l) { return ns(l.one); }},
        {{"against", "bobbin"}, 14, [&base](line_ref l) { return against(l.one, base.one); }},
        {{"peak stack", "KiB"}, 14, [](line_ref l) { return stack_kib(l.one); }},
        {{"peak memory", "MiB"}, 14, [](line_ref l) { return mib(l.one); }},
    };
}

std::vector<column> columns_at_two_counts(line_ref base, const std::string& task, unsigned many) {
    const std::string one_worker = "1 w";
    const std::string workers = fmt::format("{} w", many);
    return {
        {{"", one_worker}, 9, [](line_ref l) { return ns(l.one); }},
        {{fmt::format("ns per {}", task), workers}, 9, [](line_ref l) { return ns(l.many); }},
        {{"", one_worker}, 9, [&base](line_ref l) { return against(l.one, base.one); }},
        {{"against bobbin", workers},
         9,
         [&base](line_ref l) { return against(l.many, base.many); }},
        {{"speed", "up"}, 8, speed_up},
        {{"", one_worker}, 8, [](line_ref l) { return mib(l.one); }},
        {{"peak MiB", workers}, 8, [](line_ref l) { return mib(l.many); }},
    };
}

// The two lines of heads; an upper head takes the room of a nameless one to its left.
std::string to_heads(const std::string& work, const std::vector<column>& columns) {
    std::string upper = fmt::format("{:{}}", work, name_width);
    std::string lower = fmt::format("{:{}}", "", name_width);
    std::size_t room = 0;
    for (const column& column : columns) {
        room += column.width;
        lower += fmt::format("{:>{}}", column.heads[1], column.width);
        if (column.heads[0].empty()) {
            continue;
        }
        upper += fmt::format("{:>{}}", column.heads[0], room);
        room = 0;
    }
    return upper + "\n" + lower + "\n" + std::string(lower.size(), '-') + "\n";
}

// How bobbin stands against what cannot be beaten.
std::string to_verdict(const suite& suite, const work_group& group) {
    const runtime_line* bobbin = group.find("bobbin");
    const runtime_line* limit = group.find(suite.limit);
    if (bobbin == nullptr || limit == nullptr || bobbin->one == nullptr || limit->one == nullptr) {
        return "";
    }
    std::string text = fmt::format("bobbin / {}: time {} ({} w)", suite.limit,
                                   against(bobbin->one, limit->one), bobbin->one->workers);
    if (bobbin->many != nullptr && limit->many != nullptr) {
        const double ours = median_ratio(*bobbin->one, *bobbin->many);
        const double theirs = median_ratio(*limit->one, *limit->many);
        text +=
            fmt::format(", {} ({} w); speed-up {:.3f} of {}'s", against(bobbin->many, limit->many),
                        bobbin->many->workers, ours / theirs, suite.limit);
    }
    return text + "\n";
}

// The fastest of the lines that are tuned by hand, with `which` number of workers.
const runtime_line* best_tuned(const suite& suite, const work_group& group,
                               const row* runtime_line::*which) {
    const runtime_line* best = nullptr;
    for (const runtime_line& line : group.lines) {
        const bool is_tuned = line.runtime.starts_with(suite.tuned) && line.*which != nullptr;
        if (is_tuned &&
            (best == nullptr || (line.*which)->ns_per_task < (best->*which)->ns_per_task)) {
            best = &line;
        }
    }
    return best;
}

// Where it was asked what a task takes.
std::string to_memory(const suite& suite, const work_group& group) {
    std::string text;
    for (const runtime_line& line : group.lines) {
        if (line.one != nullptr && line.one->resident_bytes != 0) {
            text += fmt::format("{}: {} bytes of resident memory a {}\n", line.runtime,
                                line.one->resident_bytes, suite.task_name);
        }
    }
    return text;
}

// How what is automatic stands against what is tuned, and that against what cannot be beaten.
std::string to_tuned_verdict(const suite& suite, const work_group& group) {
    const runtime_line* bobbin = group.find("bobbin");
    const runtime_line* limit = group.find(suite.limit);
    if (suite.tuned.empty() || bobbin == nullptr) {
        return "";
    }
    std::string text;
    for (const auto which : {&runtime_line::one, &runtime_line::many}) {
        const runtime_line* best = best_tuned(suite, group, which);
        if (best == nullptr || bobbin->*which == nullptr) {
            continue;
        }
        text += fmt::format("bobbin / {}, the best of them ({} w): {}\n", best->runtime,
                            (bobbin->*which)->workers, against(bobbin->*which, best->*which));
    }
    for (const runtime_line& line : group.lines) {
        if (limit != nullptr && line.runtime.starts_with(suite.tuned)) {
            text += fmt::format("{} / {}: {}", line.runtime, suite.limit,
                                against(line.one, limit->one));
            text += line.many == nullptr
                        ? "\n"
                        : fmt::format(" (1 w), {} (more)\n", against(line.many, limit->many));
        }
    }
    return text;
}

unsigned most_workers(const work_group& group) {
    unsigned most = 1;
    for (const runtime_line& line : group.lines) {
        most = std::max(most, line.many == nullptr ? 1U : line.many->workers);
    }
    return most;
}

}  // namespace

std::string to_figure(double value) {
    const char* unit = "";
    for (const char* next : {"k", "M", "G"}) {
        if (value < (*unit == '\0' ? 9'999.5 : 999.95)) {
            break;
        }
        value /= 1000;
        unit = next;
    }
    const int decimals = value >= 999.95 ? 0 : value >= 99.995 ? 1 : 2;
    return fmt::format("{:.{}f}{}", value, decimals, unit);
}

std::string to_table(const suite& suite, const std::vector<row>& rows) {
    std::string text = suite.title + "\n";
    for (const work_group& group : group_by_work(rows)) {
        const unsigned many = most_workers(group);
        const runtime_line* bobbin = group.find("bobbin");
        const runtime_line nobody;
        const runtime_line& base = bobbin == nullptr ? nobody : *bobbin;
        const std::vector<column> columns =
            many == 1 ? columns_at_one_worker(base, suite.task_name)
                      : columns_at_two_counts(base, suite.task_name, many);
        text += "\n";
        text += to_heads(group.work, columns);
        for (const runtime_line& line : group.lines) {
            text += fmt::format("{:{}}", line.runtime, name_width);
            for (const column& column : columns) {
                text += fmt::format("{:>{}}", column.cell(line), column.width);
            }
            text += "\n";
        }
        text += to_verdict(suite, group) + to_tuned_verdict(suite, group) + to_memory(suite, group);
    }
    return text;
}

std::string to_notes(const suite& suite) {
    std::string text;
    for (const std::string& note : suite.notes) {
        text += apps::wrapped(note, {.first = 0, .others = 2}, text_width);
    }
    return text;
}

}  // namespace bench
