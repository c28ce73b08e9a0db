// Goal: memory for frames lies side by side for each thread that takes some, and is given back.
// Method: one list of slabs, what it hands out, and where that lies.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <doctest/doctest.h>
#include <iterator>
#include <os/slab_list.hpp>
#include <vector>

namespace {

using bobbin::detail::frame_class_bytes;
using bobbin::detail::frame_classes;
using bobbin::detail::free_block;
using bobbin::detail::slab_list;

constexpr std::size_t size_class = 3;
constexpr std::size_t block_bytes = size_class * frame_class_bytes;

std::vector<free_block*> take(slab_list& from, std::uint32_t count, std::size_t of = size_class) {
    std::vector<free_block*> taken;
    for (free_block* next = from.take(of, count); next != nullptr; next = next->next)
        taken.push_back(next);
    CHECK(taken.size() == count);
    return taken;
}

void give(slab_list& to, const std::vector<free_block*>& blocks, std::size_t of = size_class) {
    for (free_block* block : blocks) {
        block->next = nullptr;
        to.give(block, of);
    }
}

std::uintptr_t address(const free_block* of) {
    return reinterpret_cast<std::uintptr_t>(of);
}

std::size_t span_of(const std::vector<free_block*>& blocks) {
    const auto [lowest, highest] = std::ranges::minmax(blocks, {}, address);
    return address(highest) - address(lowest) + block_bytes;
}

}  // namespace

TEST_CASE("blocks lie side by side, upwards, also those that came back in another order") {
    slab_list list;
    const auto kept = take(list, 1);
    std::vector<free_block*> blocks = take(list, 200);
    CHECK(span_of(blocks) == 200 * block_bytes);
    CHECK(std::ranges::is_sorted(blocks, {}, address));
    std::ranges::sort(blocks, {}, [](const free_block* of) { return address(of) % 4093; });
    give(list, blocks);

    const auto one_thread = take(list, 40);
    const auto another = take(list, 40);
    CHECK(span_of(one_thread) == 40 * block_bytes);
    CHECK(span_of(another) == 40 * block_bytes);
    give(list, one_thread);
    give(list, another);
    give(list, kept);
}

TEST_CASE("all that a slab has is handed out, each block once and aligned as its size is") {
    for (std::size_t of = 1; of <= frame_classes; ++of) {
        CAPTURE(of);
        slab_list list;
        const auto bytes = of * frame_class_bytes;
        const auto count = static_cast<std::uint32_t>(std::size_t{3} * 64 * 1024 / bytes);
        auto blocks = take(list, count, of);
        give(list, std::vector(blocks.begin(), std::next(blocks.begin(), count / 2)), of);
        blocks.erase(blocks.begin(), std::next(blocks.begin(), count / 2));
        std::ranges::copy(take(list, count, of), std::back_inserter(blocks));

        std::ranges::sort(blocks, {}, address);
        std::size_t too_near = 0;
        std::size_t misplaced = 0;
        for (std::size_t i = 0; i < blocks.size(); ++i) {
            if (i > 0 && address(blocks[i]) - address(blocks[i - 1]) < bytes) ++too_near;
            if (address(blocks[i]) % bobbin::detail::frame_alignment_of(bytes) != 0) ++misplaced;
        }
        CHECK(too_near == 0);
        CHECK(misplaced == 0);
        give(list, blocks, of);
    }
}
