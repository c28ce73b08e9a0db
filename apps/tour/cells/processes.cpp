// In46-In64: what takes processes. These cells say what they will show.
#include "cell.hpp"

#include <array>

namespace tour {
namespace {

constexpr std::array cells = {
    cell{.name = "In49",
         .since = "In46",
         .title = "Individual processes",
         .shows = "Ten processes, each of which sleeps and prints its number."},
    cell{.name = "In51",
         .since = "In50",
         .title = "starmap",
         .shows = "A function of two arguments over pairs, without an adapter."},
    cell{.name = "In54",
         .since = "In52",
         .title = "Partial application",
         .shows = "A function with one of its arguments bound."},
    cell{.name = "In56",
         .since = "In55",
         .title = "Return values through a queue",
         .shows = "What a process hands back to the one that started it."},
    cell{.name = "In59",
         .since = "In57",
         .title = "Counting (1): a global variable",
         .shows = "Each process counts in a copy of its own, and the parent reads 0."},
    cell{.name = "In62",
         .since = "In61",
         .title = "Counting (2): shared memory",
         .shows = "A counter and an array that processes share.",
         .notebook_seconds = 0.792},
    cell{.name = "In64",
         .since = "In63",
         .title = "Counting (3): map and reduce",
         .shows = "Counting without sharing: each job returns its count.",
         .notebook_seconds = 0.179},
};

}  // namespace

std::span<const cell> process_cells() {
    return cells;
}

}  // namespace tour
