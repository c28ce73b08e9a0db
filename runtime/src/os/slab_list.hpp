// Blocks for frames of one size class, cut from slabs of memory.
#pragma once

#include <bobbin/runtime/detail/os/frame_cache.hpp>

#include <array>
#include <bit>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <new>
#include <sys/mman.h>
#include <utility>

namespace bobbin { inline namespace v0 { namespace detail {

struct free_block {
    free_block* next;
    free_block* next_batch;  // of a batch's first block, in the list that threads share
};

// The slabs of a class that have room. A slab is whole when all of its blocks have come back. All
// lists together keep at most `most_whole` of these, as the next burst of tasks mostly comes soon
// and pages that are new cost more than what is done with them; others go back to the system.
//
// Blocks lie side by side, at multiples of their size from the slab's beginning, and that lies at a
// multiple of `slab_bytes`. Hence they are as aligned as their size is, at no cost of memory, and a
// block's address says which slab it is from. The free block with the lowest address is taken
// first, in whatever order blocks came back: two threads' frames share no line of the cache then,
// but where what one took ends. One thread at a time, for all lists together.
class slab_list {
public:
    // A chain of `count` blocks; of fewer, and `count` says so, if memory is short. It goes
    // upwards, as caches fetch ahead.
    free_block* take(std::size_t size_class, std::uint32_t& count) noexcept {
        free_block* chain = nullptr;
        free_block** end = &chain;
        const std::uint32_t wanted = std::exchange(count, 0);
        while (count < wanted && (first_ != nullptr || add(size_class))) {
            *end = take_from(*first_, size_class);
            end = &(*end)->next;
            ++count;
        }
        *end = nullptr;
        return chain;
    }

    void give(free_block* chain, std::size_t size_class) noexcept {
        while (chain != nullptr) give_back(std::exchange(chain, chain->next), size_class);
    }

private:
    static constexpr std::size_t slab_bytes = std::size_t{64} * 1024;
    static constexpr std::size_t most_whole = 512;  // 32 MiB
    static constexpr std::size_t words = slab_bytes / frame_class_bytes / 64;

    // Lies at its beginning, where its first blocks, which are never free, would be.
    struct slab {
        slab* next = nullptr;
        slab* previous = nullptr;
        std::size_t free = 0;  // blocks, as `used`
        std::size_t used = 0;
        std::array<std::uint64_t, words> is_free = {};  // a bit for each block
    };

    static std::size_t block_bytes(std::size_t size_class) noexcept {
        return size_class * frame_class_bytes;
    }
    static slab& slab_of(free_block* of) noexcept {
        return *reinterpret_cast<slab*>(reinterpret_cast<std::uintptr_t>(of) & ~(slab_bytes - 1));
    }

    static std::byte* map(std::size_t bytes, int populated) noexcept {
        constexpr int readable = PROT_READ | PROT_WRITE;
        void* const memory =
            mmap(nullptr, bytes, readable, MAP_PRIVATE | MAP_ANONYMOUS | populated, -1, 0);
        return memory == MAP_FAILED ? nullptr : static_cast<std::byte*>(memory);
    }
    // Of memory that is as far from being aligned as its address says.
    static std::size_t gap_after(const std::byte* memory) noexcept {
        return (slab_bytes - reinterpret_cast<std::uintptr_t>(memory) % slab_bytes) % slab_bytes;
    }
    // Linux puts a mapping next to the one before: mostly it is aligned as that was.
    static std::byte* map_aligned(int populated) noexcept {
        std::byte* memory = map(slab_bytes, populated);
        if (memory == nullptr || gap_after(memory) == 0) return memory;
        munmap(memory, slab_bytes);
        memory = map(2 * slab_bytes, 0);
        if (memory == nullptr) return nullptr;
        const std::size_t gap = gap_after(memory);
        if (gap > 0) munmap(memory, gap);
        munmap(memory + gap + slab_bytes, slab_bytes - gap);
        return memory + gap;
    }

    bool add(std::size_t size_class) noexcept {
        // All pages at once, which costs half, if this is not the first that is used.
        void* const memory = map_aligned(used_ > 0 ? MAP_POPULATE : 0);
        if (memory == nullptr) return false;
        slab& added = *new (memory) slab;
        ++whole_;
        const std::size_t size = block_bytes(size_class);
        for (auto place = (sizeof(slab) + size - 1) / size; place < slab_bytes / size; ++place)
            mark_free(added, place);
        link(added);
        return true;
    }

    static void mark_free(slab& of, std::size_t place) noexcept {
        const std::uint64_t bit = std::uint64_t{1} << place % 64;
        assert((of.is_free[place / 64] & bit) == 0);
        of.is_free[place / 64] |= bit;
        ++of.free;
    }
    // The first block that is free.
    static std::size_t take_place(slab& from) noexcept {
        std::size_t word = 0;
        while (from.is_free[word] == 0) ++word;
        const auto bit = static_cast<std::size_t>(std::countr_zero(from.is_free[word]));
        from.is_free[word] &= from.is_free[word] - 1;
        --from.free;
        return word * 64 + bit;
    }

    free_block* take_from(slab& from, std::size_t size_class) noexcept {
        const std::size_t offset = take_place(from) * block_bytes(size_class);
        if (from.used++ == 0) {
            --whole_;
            ++used_;
        }
        if (from.free == 0) unlink(from);
        return reinterpret_cast<free_block*>(reinterpret_cast<std::byte*>(&from) + offset);
    }

    void give_back(free_block* returned, std::size_t size_class) noexcept {
        slab& to = slab_of(returned);
        const auto offset = reinterpret_cast<std::uintptr_t>(returned) % slab_bytes;
        assert(to.used > 0 && offset >= sizeof(slab) && offset % block_bytes(size_class) == 0);
        if (to.free == 0) link(to);
        mark_free(to, offset / block_bytes(size_class));
        if (--to.used > 0) return;
        --used_;
        if (whole_ < most_whole) {
            ++whole_;
            return;
        }
        unlink(to);
        // The kernel may refuse to split a mapping in two; then the slab is used again.
        if (munmap(&to, slab_bytes) == 0) return;
        link(to);
        ++whole_;
    }

    void link(slab& added) noexcept {
        added.previous = nullptr;
        added.next = first_;
        if (first_ != nullptr) first_->previous = &added;
        first_ = &added;
    }
    void unlink(slab& removed) noexcept {
        (removed.previous != nullptr ? removed.previous->next : first_) = removed.next;
        if (removed.next != nullptr) removed.next->previous = removed.previous;
    }

    inline static std::size_t whole_ = 0;  // of all lists

    slab* first_ = nullptr;
    std::size_t used_ = 0;  // slabs that are not whole
};

}}}  // namespace bobbin::v0::detail
