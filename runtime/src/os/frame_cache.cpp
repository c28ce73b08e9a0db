// See frame_cache.hpp. Each thread keeps at most 64 KiB of every size class; beyond that, half of
// it moves to a list shared by all threads, at most 4 MiB a class, and beyond that to the slabs
// that they were cut from, which are freed when they are whole again. So frames made on one thread
// and ended on another come back to the first.
#include "os/slab_list.hpp"

#include <bobbin/runtime/detail/os/frame_cache.hpp>

#include <atomic>
#include <cassert>
#include <cstdint>
#include <mutex>
#include <new>
#include <pthread.h>
#include <utility>

#if defined(__SANITIZE_ADDRESS__)
#define BOBBIN_RECYCLE_FRAMES 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define BOBBIN_RECYCLE_FRAMES 0
#endif
#endif
#ifndef BOBBIN_RECYCLE_FRAMES
#define BOBBIN_RECYCLE_FRAMES 1
#endif

namespace bobbin { inline namespace v0 { namespace detail {

namespace {

constexpr std::size_t cached_bytes = std::size_t{64} * 1024;
constexpr std::size_t cut_bytes = std::size_t{4} * 1024;
constexpr unsigned shared_batches = 128;

// What a thread keeps of a class, and what moves at once.
constexpr std::uint32_t capacity_of(std::size_t size_class) noexcept {
    return static_cast<std::uint32_t>(cached_bytes / (size_class * frame_class_bytes));
}
constexpr std::uint32_t batch_of(std::size_t size_class) noexcept {
    return capacity_of(size_class) / 2;
}

// What it cuts from a slab at once.
constexpr std::uint32_t cut_of(std::size_t size_class) noexcept {
    return static_cast<std::uint32_t>(cut_bytes / (size_class * frame_class_bytes));
}

// One thread's blocks of one class. `room` is 0 until the first release, as memory starts out as
// zero.
struct local_list {
    free_block* first;
    std::uint32_t room;
    bool ready;
};

// One for the lists of all classes: it is taken for a moment, once in hundreds of frames. Held
// around fork(), as the child must not inherit it from another thread.
constinit std::mutex shared_mutex;

class shared_list {
public:
    // Takes a batch of linked blocks; false if there are enough.
    bool give(free_block* batch) noexcept {
        const std::lock_guard lock(shared_mutex);
        const auto count = count_.load(std::memory_order_relaxed);
        if (count == shared_batches) return false;
        batch->next_batch = first_;
        first_ = batch;
        count_.store(count + 1, std::memory_order_relaxed);
        return true;
    }
    free_block* take() noexcept {
        // Relaxed: a hint, as there may be one in a moment anyway.
        if (count_.load(std::memory_order_relaxed) == 0) return nullptr;
        const std::lock_guard lock(shared_mutex);
        free_block* batch = first_;
        if (batch != nullptr) {
            first_ = batch->next_batch;
            count_.store(count_.load(std::memory_order_relaxed) - 1, std::memory_order_relaxed);
        }
        return batch;
    }

private:
    free_block* first_ = nullptr;
    std::atomic<unsigned> count_{0};  // written under the lock, read without
};

constinit thread_local local_list local[frame_classes + 1] = {};
constinit shared_list shared_lists[frame_classes + 1];
constinit slab_list slabs[frame_classes + 1];
constinit thread_local bool thread_is_ending = false;

[[maybe_unused]] const int lists_at_fork = pthread_atfork(
    [] { shared_mutex.lock(); }, [] { shared_mutex.unlock(); }, [] { shared_mutex.unlock(); });

void give_to_slabs(free_block* chain, std::size_t size_class) noexcept {
    const std::lock_guard lock(shared_mutex);
    slabs[size_class].give(chain, size_class);
}

// Gives a thread's blocks back when it ends. Destructors that run later keep none.
struct at_thread_exit {
    at_thread_exit() noexcept = default;
    at_thread_exit(const at_thread_exit&) = delete;
    at_thread_exit& operator=(const at_thread_exit&) = delete;
    ~at_thread_exit() {
        thread_is_ending = true;
        for (std::size_t size_class = 1; size_class <= frame_classes; ++size_class)
            give_to_slabs(std::exchange(local[size_class], {}).first, size_class);
    }
};

void return_blocks_at_exit() {
    static thread_local at_thread_exit registered;
}

// Cuts the newest `count` blocks off `list`.
free_block* cut(local_list& list, std::uint32_t count) noexcept {
    free_block* const first = list.first;
    free_block* last = first;
    for (std::uint32_t i = 1; i < count; ++i) last = last->next;
    list.first = last->next;
    list.room += count;
    last->next = nullptr;
    return first;
}

[[gnu::noinline]] void* allocate_slowly(std::size_t size_class) {
    return_blocks_at_exit();
    free_block* taken = thread_is_ending ? nullptr : shared_lists[size_class].take();
    std::uint32_t count = batch_of(size_class);
    if (taken == nullptr) {
        count = thread_is_ending ? 1 : cut_of(size_class);
        const std::lock_guard lock(shared_mutex);
        taken = slabs[size_class].take(size_class, count);
        if (taken == nullptr) throw std::bad_alloc();
    }
    if (thread_is_ending) return taken;
    local_list& list = local[size_class];
    list.first = taken->next;
    // A thread that has only ever taken has no limit set yet.
    list.room = capacity_of(size_class) - (count - 1);
    list.ready = true;
    return taken;
}

[[gnu::noinline]] void release_slowly(free_block* released, std::size_t size_class) noexcept {
    return_blocks_at_exit();
    if (thread_is_ending) {
        released->next = nullptr;
        return give_to_slabs(released, size_class);
    }
    local_list& list = local[size_class];
    if (!list.ready) {
        list.ready = true;
        list.room = capacity_of(size_class);
    } else {
        free_block* batch = cut(list, batch_of(size_class));
        if (!shared_lists[size_class].give(batch)) give_to_slabs(batch, size_class);
    }
    released->next = list.first;
    list.first = released;
    --list.room;
}

}  // namespace

void* allocate_block(std::size_t size_class) {
    if (!BOBBIN_RECYCLE_FRAMES) return allocate_uncached(size_class * frame_class_bytes);
    local_list& list = local[size_class];
    free_block* const first = list.first;
    if (first == nullptr) [[unlikely]]
        return allocate_slowly(size_class);
    list.first = first->next;
    ++list.room;
    assert(!list.ready || list.room <= capacity_of(size_class));
    return first;
}

void release_block(void* memory, std::size_t size_class) noexcept {
    if (!BOBBIN_RECYCLE_FRAMES) return release_uncached(memory, size_class * frame_class_bytes);
    local_list& list = local[size_class];
    auto* const released = static_cast<free_block*>(memory);
    if (list.room == 0) [[unlikely]]
        return release_slowly(released, size_class);
    released->next = list.first;
    list.first = released;
    --list.room;
}

}}}  // namespace bobbin::v0::detail
