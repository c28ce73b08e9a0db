// A count that many add to and few read.
#pragma once

#include <bobbin/ipc/detail/memory/shared_object.hpp>
#include <bobbin/runtime/detail/os/process_generation.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace bobbin { inline namespace v0 { namespace ipc {

// A sum that threads of any processes add to, each in memory of its own: it costs no more with many
// of them. It is 64 bits and wraps.
//
//     auto mine = counter.local();          // in each thread, once
//     for (…) ++mine;                       // no other core is asked
//     std::int64_t sum = counter.value();
//
// What was added stays, whatever becomes of the process that did.
//
// Copies mean the same counter, and are as cheap as those of a std::shared_ptr.
//
// Threads. As a shared_ptr: one object by one thread at a time, or its operations by any; copies by
// any.
class sharded_counter : public detail::shared_object {
public:
    // So many threads, of all processes, have a shard of their own at a time; others add to one
    // that they have in common, at the price of a shared_value.
    static constexpr std::size_t shards = 256;

    class shard;

    // At 0. Throw std::system_error if there is no memory, or the name is taken.
    sharded_counter();
    explicit sharded_counter(const create_named& name);
    // One that exists. Throw wrong_segment, and std::system_error if there is none of that name.
    explicit sharded_counter(const open_named& name);
    explicit sharded_counter(segment existing);

    // A shard for this thread. Throws std::system_error if its lock can't be taken.
    [[nodiscard]] shard local() const;

    // For a few additions, which are not worth a shard.
    void add(std::int64_t number) noexcept;

    // All that was added before this call, and perhaps some of what is being added meanwhile. It
    // looks at all shards: some microseconds.
    [[nodiscard]] std::int64_t value() const noexcept;

private:
    struct state;
    explicit sharded_counter(const create_named* name);
    [[nodiscard]] state& own() const noexcept;
};

// A thread's own part of a counter; it keeps the counter's memory. In a child made by fork(), a
// copy of the parent's takes another part when it is next used.
//
// Threads. The one that made it, which also ends it.
class sharded_counter::shard {
public:
    shard(const shard&) = delete;
    shard& operator=(const shard&) = delete;
    ~shard();

    shard& operator++() noexcept {
        add(1);
        return *this;
    }
    shard& operator+=(std::int64_t number) noexcept {
        add(number);
        return *this;
    }
    void add(std::int64_t number) noexcept {
        // Nobody else writes this count, so a load and a store do; and one store is all or nothing
        // when we are killed. Relaxed: it announces nothing but itself.
        if (owned_in_ == bobbin::detail::process_generation.load(std::memory_order_relaxed))
            [[likely]]
            count_->store(
                count_->load(std::memory_order_relaxed) + static_cast<std::uint64_t>(number),
                std::memory_order_relaxed);
        else
            add_elsewhere(number);
    }

private:
    friend class sharded_counter;
    struct place;

    explicit shard(const sharded_counter& of);
    void claim();
    void add_elsewhere(std::int64_t number) noexcept;

    sharded_counter of_;
    place* place_ = nullptr;                       // null if there was none left
    std::atomic<std::uint64_t>* count_ = nullptr;  // in it
    std::uint64_t owned_in_ = 0;                   // the generation of which it is ours, or 0
    std::uint64_t asked_in_ = 0;                   // the generation in which we asked for it
};

inline sharded_counter::shard sharded_counter::local() const {
    return shard(*this);
}

}}}  // namespace bobbin::v0::ipc
