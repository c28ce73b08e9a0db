// In22-In26: one argument that holds several.
#include "cell.hpp"

#include <bobbin/ipc/process_pool.hpp>
#include <bobbin/runtime/fn.hpp>
#include <bobbin/runtime/pool.hpp>
#include <bobbin/runtime/split.hpp>
#include <bobbin/runtime/sync_wait.hpp>

#include <array>
#include <cstddef>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <ranges>

namespace tour {
namespace {

void in25(notebook& nb) {
    // shown by In25
    auto chunks = bobbin::split(std::views::iota(0, 24), 12);
    // to here
    nb.chunks = std::move(chunks);
}

verdict look25(const notebook& nb) {
    bool ok = nb.chunks.size() == 12;
    std::string text;
    for (std::size_t i = 0; i < nb.chunks.size(); ++i) {
        const int first = 2 * static_cast<int>(i);
        ok = ok && nb.chunks[i] == std::vector<int>({first, first + 1});
        text += fmt::format("{}array([{}])", i == 0 ? "[" : ",\n ", fmt::join(nb.chunks[i], ", "));
    }
    return {.ok = ok, .result = text + "]"};
}

// shown by In26
int f(int a, int b) {
    return a + b;
}
int f_(const std::vector<int>& args) {
    return f(args[0], args[1]);
}
constexpr bobbin::fn<&f_> adapted;
// to here

void in26(notebook& nb) {
    const unsigned workers = nb.workers;
    const std::vector<std::vector<int>>& chunks = nb.chunks;
    // shown by In26

    bobbin::ipc::process_pool pool(workers);
    std::vector<int> res = bobbin::sync_wait(pool.map(adapted, chunks));
    // to here
    nb.numbers = std::move(res);
}

verdict look26(const notebook& nb) {
    const std::vector<int> expected = {1, 5, 9, 13, 17, 21, 25, 29, 33, 37, 41, 45};
    return {.ok = nb.numbers == expected,
            .result = fmt::format("[{}]", fmt::join(nb.numbers, ", "))};
}

constexpr std::array cells = {
    cell{.name = "In25",
         .since = "In22",
         .title = "split: 24 numbers in 12 parts",
         .shows = "As numpy's array_split: parts whose lengths differ by one at most.",
         .run = in25,
         .look = look25},
    cell{.name = "In26",
         .since = "In26",
         .title = "map with a function adapter",
         .shows = "A function of two arguments, mapped over pairs. For tuples bobbin brings the "
                  "adapter, bobbin::apply(f), and pool.starmap does without (In51).",
         .of = "In25",
         .run = in26,
         .look = look26},
};

}  // namespace

std::span<const cell> argument_cells() {
    return cells;
}

}  // namespace tour
