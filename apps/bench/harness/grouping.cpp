// See grouping.hpp.
#include "grouping.hpp"

#include <algorithm>
#include <limits>

namespace bench {
namespace {

// The element named `name`, added at the end if there is none.
template <class Element>
Element& named(std::vector<Element>& elements, std::string Element::*field,
               const std::string& name) {
    const auto found = std::find_if(elements.begin(), elements.end(),
                                    [&](const Element& e) { return e.*field == name; });
    if (found != elements.end()) {
        return *found;
    }
    Element& added = elements.emplace_back();
    added.*field = name;
    return added;
}

// Of the rows of that work.
unsigned fewest_workers(const std::vector<row>& rows, const std::string& work) {
    unsigned fewest = std::numeric_limits<unsigned>::max();
    for (const row& row : rows) {
        fewest = row.work == work ? std::min(fewest, row.workers) : fewest;
    }
    return fewest;
}

}  // namespace

double runtime_line::best_ns() const {
    if (one == nullptr) {
        return many->ns_per_task;
    }
    if (many == nullptr) {
        return one->ns_per_task;
    }
    return std::min(one->ns_per_task, many->ns_per_task);
}

const runtime_line* work_group::find(const std::string& runtime) const {
    for (const runtime_line& line : lines) {
        if (line.runtime == runtime) {
            return &line;
        }
    }
    return nullptr;
}

std::vector<work_group> group_by_work(const std::vector<row>& rows) {
    std::vector<work_group> groups;
    for (const row& row : rows) {
        work_group& group = named(groups, &work_group::work, row.work);
        runtime_line& line = named(group.lines, &runtime_line::runtime, row.runtime);
        (row.workers == fewest_workers(rows, row.work) ? line.one : line.many) = &row;
    }
    for (work_group& group : groups) {
        std::sort(group.lines.begin(), group.lines.end(),
                  [](const auto& a, const auto& b) { return a.best_ns() < b.best_ns(); });
    }
    return groups;
}

}  // namespace bench
