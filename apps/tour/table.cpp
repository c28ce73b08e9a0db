// The table of all cells, and how one is found by its name: see cell.hpp.
#include "cell.hpp"

#include <charconv>

namespace tour {
namespace {

// The number in "In12"; 0 if it is nothing like that.
unsigned number_in(std::string_view name) {
    constexpr std::string_view prefix = "In";
    if (!name.starts_with(prefix)) {
        return 0;
    }
    const char* const end = name.data() + name.size();
    unsigned number = 0;
    const auto [stopped, error] = std::from_chars(name.data() + prefix.size(), end, number);
    return error == std::errc{} && stopped == end ? number : 0;
}

}  // namespace

const std::vector<chapter>& chapters() {
    static const std::vector<chapter> all = {
        {"Vanilla, numba and cython: one job after another", plain_cells()},
        {"concurrent.futures: mapping a function over a pool", executor_cells()},
        {"Fine control: status, cancelling, callbacks", future_cells()},
        {"Functions with multiple arguments", argument_cells()},
        {"ThreadPoolExecutor, with and without the GIL", thread_cells()},
        {"multiprocessing.Pool", mp_pool_cells()},
        {"Individual processes, starmap, partial application", process_cells()},
        {"Counting jobs, in three ways", counting_cells()},
    };
    return all;
}

const cell* find_cell(std::string_view name) {
    const unsigned number = number_in(name);
    for (const chapter& chapter : chapters()) {
        for (const cell& cell : chapter.cells) {
            if (number >= number_in(cell.since) && number <= number_in(cell.name)) {
                return &cell;
            }
        }
    }
    return nullptr;
}

}  // namespace tour
