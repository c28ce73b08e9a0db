// See frame_cache.hpp. Each thread keeps at most 64 KiB of every size class; beyond that, half of
// it moves to a list shared by all threads, at most 4 MiB a class, and beyond that to
// free(). So frames made on one thread and ended on another come back to the first.
#include <bobbin/runtime/detail/frame_cache.hpp>

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <mutex>
#include <new>
#include <pthread.h>

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

namespace bobbin::inline v0::detail {

namespace {

constexpr std::size_t cached_bytes = 64 * 1024;
constexpr unsigned shared_batches = 128;

// What a thread keeps of a class, and what moves at once.
constexpr std::uint32_t capacity_of(std::size_t size_class) noexcept {
    return static_cast<std::uint32_t>(cached_bytes / (size_class * frame_class_bytes));
}
constexpr std::uint32_t batch_of(std::size_t size_class) noexcept {
    return capacity_of(size_class) / 2;
}

struct block {
    block* next;
    block* next_batch;  // of a batch's first block, in the shared list
};

// One thread's blocks of one class. `room` is 0 until the first release, as memory starts out as
// zero.
struct local_list {
    block* first;
    std::uint32_t room;
    bool ready;
};

// One for the lists of all classes: it is taken for a moment, once in hundreds of frames. Held
// around fork(), as the child must not inherit it from another thread.
constinit std::mutex shared_mutex;

class shared_list {
public:
    // Takes a batch of linked blocks; false if there are enough.
    bool give(block* batch) noexcept {
        const std::lock_guard lock(shared_mutex);
        const auto count = count_.load(std::memory_order_relaxed);
        if (count == shared_batches) return false;
        batch->next_batch = first_;
        first_ = batch;
        count_.store(count + 1, std::memory_order_relaxed);
        return true;
    }
    block* take() noexcept {
        // Relaxed: a hint, as there may be one in a moment anyway.
        if (count_.load(std::memory_order_relaxed) == 0) return nullptr;
        const std::lock_guard lock(shared_mutex);
        block* batch = first_;
        if (batch != nullptr) {
            first_ = batch->next_batch;
            count_.store(count_.load(std::memory_order_relaxed) - 1, std::memory_order_relaxed);
        }
        return batch;
    }

private:
    block* first_ = nullptr;
    std::atomic<unsigned> count_{0};  // written under the lock, read without
};

constinit thread_local local_list local[frame_classes + 1] = {};
constinit shared_list shared[frame_classes + 1];
constinit thread_local bool thread_is_ending = false;

[[maybe_unused]] const int fork_guard = pthread_atfork(
    [] { shared_mutex.lock(); }, [] { shared_mutex.unlock(); }, [] { shared_mutex.unlock(); });

void free_all(block* first) noexcept {
    while (first != nullptr) {
        block* next = first->next;
        std::free(first);
        first = next;
    }
}

// Gives a thread's blocks back when it ends. Destructors that run later keep none.
struct at_thread_exit {
    at_thread_exit() noexcept = default;
    at_thread_exit(const at_thread_exit&) = delete;
    at_thread_exit& operator=(const at_thread_exit&) = delete;
    ~at_thread_exit() {
        thread_is_ending = true;
        for (local_list& list : local) {
            free_all(list.first);
            list = {};
        }
    }
};

void return_blocks_at_exit() {
    static thread_local at_thread_exit registered;
}

// Cuts the newest `count` blocks off `list`.
block* cut(local_list& list, std::uint32_t count) noexcept {
    block* const first = list.first;
    block* last = first;
    for (std::uint32_t i = 1; i < count; ++i) last = last->next;
    list.first = last->next;
    list.room += count;
    last->next = nullptr;
    return first;
}

[[gnu::noinline]] void* allocate_slowly(std::size_t size_class) {
    return_blocks_at_exit();
    if (block* batch = thread_is_ending ? nullptr : shared[size_class].take()) {
        local_list& list = local[size_class];
        list.first = batch->next;
        // A thread that has only ever taken has no limit set yet.
        list.room = capacity_of(size_class) - (batch_of(size_class) - 1);
        list.ready = true;
        return batch;
    }
    if (void* memory = std::malloc(size_class * frame_class_bytes)) return memory;
    throw std::bad_alloc();
}

[[gnu::noinline]] void release_slowly(block* released, std::size_t size_class) noexcept {
    return_blocks_at_exit();
    if (thread_is_ending) return std::free(released);
    local_list& list = local[size_class];
    if (!list.ready) {
        list.ready = true;
        list.room = capacity_of(size_class);
    } else {
        block* batch = cut(list, batch_of(size_class));
        if (!shared[size_class].give(batch)) free_all(batch);
    }
    released->next = list.first;
    list.first = released;
    --list.room;
}

}  // namespace

void* allocate_block(std::size_t size_class) {
    if (!BOBBIN_RECYCLE_FRAMES) return ::operator new(size_class* frame_class_bytes);
    local_list& list = local[size_class];
    block* const first = list.first;
    if (first == nullptr) [[unlikely]]
        return allocate_slowly(size_class);
    list.first = first->next;
    ++list.room;
    return first;
}

void release_block(void* memory, std::size_t size_class) noexcept {
    if (!BOBBIN_RECYCLE_FRAMES) return ::operator delete(memory);
    local_list& list = local[size_class];
    auto* const released = static_cast<block*>(memory);
    if (list.room == 0) [[unlikely]]
        return release_slowly(released, size_class);
    released->next = list.first;
    list.first = released;
    --list.room;
}

}  // namespace bobbin::inline v0::detail
