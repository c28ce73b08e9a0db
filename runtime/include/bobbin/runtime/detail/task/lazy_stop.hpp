// The stop state of one scope, made only when somebody listens.
//
// A fork costs about ten nanoseconds, so it can't afford a std::stop_source. A scope begins with an
// empty word; the first listener replaces it by a signal that is linked to that of the scope around
// it (made the same way).
//
//     empty --request_stop()--> stopped               final
//     empty --signal()--------> a linked signal       stays until the scope ends
//
// Both are one compare-exchange, so a request reaches every listener, made before or after it.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <stop_token>

namespace bobbin { inline namespace v0 { namespace detail {

class join_scope;

// A std::stop_source whose state is known before its listeners are told: what they set off must not
// find that nothing was stopped. Copies are the same signal.
class stop_signal {
public:
    stop_signal();  // may throw std::bad_alloc

    std::stop_token token() const noexcept;
    bool requested() const noexcept;

    // Listeners are told on this thread. Any thread.
    void request() const noexcept;

    // The same from inside another request: it waits until that has told its listeners, so that a
    // chain of any length takes no stack.
    void request_in_turn() const noexcept;

private:
    struct state;
    static void tell(std::shared_ptr<state> first) noexcept;
    std::shared_ptr<state> state_;
};

class lazy_stop {
public:
    lazy_stop() noexcept = default;
    lazy_stop(const lazy_stop&) = delete;
    lazy_stop& operator=(const lazy_stop&) = delete;
    ~lazy_stop() {
        // Relaxed: whoever ends a scope has joined its children.
        if (const auto word = word_.load(std::memory_order_relaxed); word > stopped) [[unlikely]]
            release(word);
    }

    // True while nobody has listened or requested: the one test on the fork-join path. Any thread.
    bool untouched() const noexcept { return word_.load(std::memory_order_relaxed) == empty; }

    // Of this scope alone; those around it may have been stopped. Any thread.
    bool requested() const noexcept;

    // Listeners are told on this thread. Any thread.
    void request_stop() noexcept;

    // What this scope's listeners listen to, linked to the scopes around it; `own` is the scope
    // that this is a member of. Any thread. May throw std::bad_alloc.
    stop_signal signal(join_scope& own);

private:
    struct linked;
    static constexpr std::uintptr_t empty = 0;
    static constexpr std::uintptr_t stopped = 1;
    static linked* as_linked(std::uintptr_t word) noexcept;
    static void release(std::uintptr_t word) noexcept;
    void link(join_scope* parent);

    std::atomic<std::uintptr_t> word_{empty};
};

}}}  // namespace bobbin::v0::detail
