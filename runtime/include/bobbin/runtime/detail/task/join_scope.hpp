// Where a group of tasks comes together: what they inherit (the pool, the wish to stop) and how the
// last of them wakes whoever waits. Every task has a pointer to the scope it belongs to; a task
// that is simply awaited shares that of its awaiter. A scope outlives its tasks.
#pragma once

#include <bobbin/runtime/detail/task/lazy_stop.hpp>

#include <atomic>
#include <coroutine>
#include <cstdint>
#include <stop_token>

namespace bobbin { inline namespace v0 { namespace detail {

class pool_core;
struct promise_base;

// What follows the end of a scope's child.
enum class join_kind : std::uint8_t {
    all,     // count down; an error stops the siblings (when_all)
    first,   // count down; the first end stops the siblings (when_any)
    custom,  // call `custom_scope::on_end` (nurseries, roots)
};

class join_scope {
public:
    explicit join_scope(join_kind kind_of_join) noexcept : kind(kind_of_join) {}
    join_scope(const join_scope&) = delete;
    join_scope& operator=(const join_scope&) = delete;
    ~join_scope() = default;

    // Begins life inside `enclosing`.
    void open(join_scope& enclosing) noexcept {
        parent = &enclosing;
        pool = enclosing.pool;
    }

    // The same, for `children` of which the last resumes `awaiter`.
    void open(join_scope& enclosing, std::coroutine_handle<> awaiter,
              std::uint32_t children) noexcept {
        open(enclosing);
        continuation = awaiter;
        count = children;
        // Relaxed: published with the first child that is pushed.
        remaining.store(children, std::memory_order_relaxed);
    }

    // True once this scope or one around it was stopped. Any thread.
    bool stop_requested() const noexcept;

    join_scope* parent = nullptr;             // the scope around this one; none for a root
    pool_core* pool = nullptr;                // none: the tasks run on any thread
    std::coroutine_handle<> continuation;     // resumed by the last child
    std::uint32_t count = 0;                  // children in all
    std::atomic<std::uint32_t> remaining{0};  // children whose end is not yet counted
    const join_kind kind;
    lazy_stop stop;
    mutable std::atomic<std::uint64_t> not_stopped_in{0};  // an epoch; see lazy_stop.cpp
};

// The scope of a when_all.
class all_scope : public join_scope {
public:
    all_scope() noexcept : join_scope(join_kind::all) {}
};

// The scope of a when_any.
class first_scope : public join_scope {
public:
    first_scope() noexcept : join_scope(join_kind::first) {}
    std::atomic<promise_base*> first_ended{nullptr};
};

class custom_scope : public join_scope {
public:
    // Called by the loop when `child` has ended and is off the stack, on any thread. Owns the frame
    // if it wants it. Returns what to resume next, or none.
    using end_function = std::coroutine_handle<> (*)(join_scope&, promise_base& child) noexcept;

    explicit custom_scope(end_function end) noexcept : join_scope(join_kind::custom), on_end(end) {}
    const end_function on_end;
};

}}}  // namespace bobbin::v0::detail
