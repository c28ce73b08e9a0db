// What `tour --json` prints, taken apart. Each cell is on a line of its own.
#pragma once

#include <cstdlib>
#include <doctest/doctest.h>
#include <sstream>
#include <string>
#include <vector>

namespace tests {

struct tour_cell {
    std::string line;

    // What stands behind "name": as it is written.
    [[nodiscard]] std::string field(const std::string& name) const {
        const std::string key = '"' + name + "\":";
        const auto at = line.find(key);
        REQUIRE_MESSAGE(at != std::string::npos, name << " is missing in " << line);
        const auto start = at + key.size();
        const bool text = line[start] == '"';
        return line.substr(start, text ? line.find('"', start + 1) + 1 - start
                                       : line.find_first_of(",}", start) - start);
    }
    [[nodiscard]] double number(const std::string& name) const {
        return std::strtod(field(name).c_str(), nullptr);
    }
    [[nodiscard]] std::string name() const {
        const std::string quoted = field("cell");
        return quoted.substr(1, quoted.size() - 2);
    }
};

inline std::vector<tour_cell> tour_cells(const std::string& json) {
    std::istringstream lines(json);
    std::vector<tour_cell> cells;
    std::string line;
    std::getline(lines, line);
    CHECK(line == "{\"cells\":[");
    while (std::getline(lines, line) && line != "]}") {
        cells.push_back({line});
    }
    CHECK(line == "]}");
    return cells;
}

}  // namespace tests
