// Goal: memory for frames lies side by side for each thread that takes some, and is given back.
// Method: one list of slabs, what it hands out, and where that lies.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <doctest/doctest.h>
#include <iterator>
#include <os/slab_list.hpp>
#include <set>
#include <sys/mman.h>
#include <vector>

namespace {

using bobbin::detail::frame_class_bytes;
using bobbin::detail::frame_classes;
using bobbin::detail::free_block;
using bobbin::detail::slab_list;

constexpr std::size_t size_class = 3;
constexpr std::size_t block_bytes = size_class * frame_class_bytes;
constexpr std::size_t slab_bytes = std::size_t{64} * 1024;

// As long as the program: what they keep is never given back.
slab_list lists[frame_classes + 1];

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

std::set<std::uintptr_t> slabs_of(const std::vector<free_block*>& blocks) {
    std::set<std::uintptr_t> all;
    for (const free_block* each : blocks) all.insert(address(each) / slab_bytes * slab_bytes);
    return all;
}

// How many of them are memory of this process.
std::size_t mapped_of(const std::set<std::uintptr_t>& slabs) {
    return static_cast<std::size_t>(std::ranges::count_if(slabs, [](std::uintptr_t each) {
        unsigned char is_resident = 0;
        return ::mincore(reinterpret_cast<void*>(each), 1, &is_resident) == 0;
    }));
}

}  // namespace

// The first, as it is about all lists together.
TEST_CASE("of what came back whole, 32 MiB are kept, and the rest is given to the system") {
    constexpr std::size_t kept = std::size_t{32} * 1024 * 1024;
    constexpr std::size_t most_bytes = frame_classes * frame_class_bytes;
    slab_list& list = lists[frame_classes];
    const auto blocks = take(list, 3 * kept / most_bytes, frame_classes);
    const auto slabs = slabs_of(blocks);
    CHECK(slabs.size() > 3 * kept / slab_bytes);
    CHECK(mapped_of(slabs) == slabs.size());
    give(list, blocks, frame_classes);
    CHECK(mapped_of(slabs) == kept / slab_bytes);

    const auto again = take(list, kept / most_bytes * 9 / 10, frame_classes);
    for (const std::uintptr_t each : slabs_of(again)) CHECK(slabs.contains(each));
    give(list, again, frame_classes);
}

TEST_CASE("blocks lie side by side, upwards, also those that came back in another order") {
    slab_list& list = lists[size_class];
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
        slab_list& list = lists[of];
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
