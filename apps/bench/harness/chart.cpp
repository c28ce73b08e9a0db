// See chart.hpp.
#include "chart.hpp"

#include "axis.hpp"
#include "grouping.hpp"
#include "table.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <limits>
#include <set>

namespace bench {
namespace {

constexpr double width = 860;
constexpr double plot_left = 170;
constexpr double plot_width = 600;  // what is right of it holds the longest bar's figure
constexpr double head_height = 64;
constexpr double bar_height = 13;
constexpr double line_gap = 11;  // between two runtimes
constexpr double group_head = 34;
constexpr double axis_height = 30;

struct tint {
    const char* one;
    const char* many;
};

tint tint_of(const std::string& runtime) {
    if (runtime.starts_with("bobbin")) {
        return {"#f2a65a", "#d1600f"};
    }
    if (runtime == "serial" || runtime == "limit") {
        return {"#c3c7cc", "#868c94"};
    }
    return {"#9dbfe3", "#3f77b5"};
}

std::string text(double x, double y, const std::string& anchor, const std::string& style,
                 const std::string& content) {
    return fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\" {}>{}</text>\n", x, y,
                       anchor, style, content);
}

std::string box(double x, double y, double w, double h, const char* colour) {
    return fmt::format(
        "<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\" fill=\"{}\"/>\n", x, y,
        std::max(w, 1.0), h, colour);
}

double line_height(const runtime_line& line) {
    const int bars = (line.one != nullptr ? 1 : 0) + (line.many != nullptr ? 1 : 0);
    return bars * bar_height + line_gap;
}

double bars_height(const work_group& group) {
    double height = 0;
    for (const runtime_line& line : group.lines) {
        height += line_height(line);
    }
    return height;
}

axis axis_of(const work_group& group) {
    double least = std::numeric_limits<double>::max();
    double most = 0;
    for (const runtime_line& line : group.lines) {
        for (const row* row : {line.one, line.many}) {
            if (row == nullptr) {
                continue;
            }
            least = std::min(least, row->ns_per_task);
            most = std::max(most, row->ns_per_task);
        }
    }
    return {least, most};
}

// 0.1, 20, 100, 5k, 1M: ticks are round.
std::string to_tick(double value) {
    if (value >= 1e6) {
        return fmt::format("{:g}M", value / 1e6);
    }
    if (value >= 1e3) {
        return fmt::format("{:g}k", value / 1e3);
    }
    return fmt::format("{:g}", value);
}

std::string draw_grid(const axis& axis, double top, double bottom) {
    std::string svg;
    for (const double tick : axis.ticks()) {
        const double x = plot_left + plot_width * axis.at(tick);
        svg += fmt::format(
            "<line x1=\"{0:.1f}\" x2=\"{0:.1f}\" y1=\"{1:.1f}\" y2=\"{2:.1f}\" "
            "stroke=\"#e3e6ea\"/>\n",
            x, top, bottom);
        svg += text(x, bottom + 14, "middle", "class=\"small\"", to_tick(tick));
    }
    return svg;
}

std::string draw_line(const runtime_line& line, const axis& axis, double top) {
    const tint tint = tint_of(line.runtime);
    const double middle = top + (line_height(line) - line_gap) / 2;
    const bool ours = line.runtime == "bobbin";
    std::string svg =
        text(plot_left - 8, middle + 4, "end", ours ? "font-weight=\"bold\"" : "", line.runtime);
    for (const row* row : {line.one, line.many}) {
        if (row == nullptr) {
            continue;
        }
        const double length = plot_width * axis.at(row->ns_per_task);
        svg +=
            box(plot_left, top, length, bar_height - 1, row->workers == 1 ? tint.one : tint.many);
        svg += text(plot_left + length + 5, top + 10, "start", "class=\"small\"",
                    to_figure(row->ns_per_task));
        top += bar_height;
    }
    return svg;
}

std::string draw_group(const suite& suite, const work_group& group, double top) {
    const axis axis = axis_of(group);
    std::string svg = text(12, top + 20, "start", "class=\"work\"", group.work);
    svg += text(plot_left + plot_width, top + 20, "end", "class=\"small\"",
                fmt::format("ns per {}{}, shorter is better", suite.task_name,
                            axis.logarithmic() ? " (logarithmic)" : ""));
    top += group_head;
    svg += draw_grid(axis, top - 6, top + bars_height(group));
    for (const runtime_line& line : group.lines) {
        svg += draw_line(line, axis, top);
        top += line_height(line);
    }
    return svg;
}

// Which shade is which number of workers; one sample of bobbin's colours stands for all.
std::string draw_legend(const std::set<unsigned>& many) {
    const tint tint = tint_of("bobbin");
    std::string svg = box(12, 42, 12, 12, tint.one) + text(30, 52, "start", "", "1 worker");
    if (!many.empty()) {
        svg += box(110, 42, 12, 12, tint.many);
        svg += text(128, 52, "start", "", fmt::format("{} workers", fmt::join(many, " or ")));
    }
    return svg;
}

}  // namespace

std::string to_svg(const suite& suite, const std::vector<row>& rows) {
    const std::vector<work_group> groups = group_by_work(rows);
    double height = head_height;
    for (const work_group& group : groups) {
        height += group_head + bars_height(group) + axis_height;
    }
    std::set<unsigned> many;  // what the darker bars may be
    for (const row& row : rows) {
        if (row.workers > 1) {
            many.insert(row.workers);
        }
    }

    std::string svg = fmt::format(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0}\" height=\"{1:.0f}\" "
        "viewBox=\"0 0 {0} {1:.0f}\" font-family=\"sans-serif\" font-size=\"12\" "
        "fill=\"#24292f\">\n"
        "<style>.small{{font-size:11px;fill:#57606a}} .work{{font-size:14px;font-weight:bold}}"
        "</style>\n"
        "<rect width=\"100%\" height=\"100%\" fill=\"#fdfdfc\"/>\n",
        width, height);
    svg += text(12, 26, "start", R"(font-size="16" font-weight="bold")", suite.title);
    svg += draw_legend(many);
    double top = head_height;
    for (const work_group& group : groups) {
        svg += draw_group(suite, group, top);
        top += group_head + bars_height(group) + axis_height;
    }
    return svg + "</svg>\n";
}

}  // namespace bench
