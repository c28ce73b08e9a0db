// Runs a small program of a few threads in every order that matters: a model checker for code that
// is a template over its atomics, as tests/runtime/deque_model_test.cpp.
//
// The machine is x86-TSO: loads and locked operations take place in program order; a plain store
// first goes to its thread's store buffer, which the thread itself sees, and from there to memory
// at any later time, in order; a locked operation (exchange, compare_exchange, fetch_…, a seq_cst
// store) waits until its thread's buffer is empty. Source: P. Sewell et al., "x86-TSO", CACM 2010.
//
// One thread runs at a time and stops before every access. An execution is a series of choices of
// who goes next; after each, the last choice that can be made differently, with a chance of another
// outcome, is, and the program runs again from the start. Of orders that differ only in accesses
// which commute, few are run twice. Source: P. Abdulla et al., "Optimal dynamic partial order
// reduction", POPL 2014: source sets and sleep sets.
#pragma once

#include <atomic>
#include <bit>
#include <cstdint>
#include <cstring>
#include <functional>
#include <string>
#include <vector>

namespace tests {

// What one execution runs; made anew for each, so its state is fresh.
struct modelled_program {
    std::vector<std::function<void()>> threads;  // at most 4; each must end in every order
    std::function<bool()> holds;                 // asked after all have ended
};

struct exploration {
    long executions = 0;
    long failures = 0;          // in which `holds` said no
    std::string first_failure;  // who made each step: a digit for a thread, primed for its buffer
    bool complete = true;       // false: given up at the limit
};

enum class orders {
    that_matter,
    all,  // to see that the reduction leaves nothing out
};

// Runs `make()`'s program in those orders. A program must be the same every time.
exploration explore(const std::function<modelled_program()>& make,
                    orders which = orders::that_matter, long limit = 1'000'000);

namespace detail {

using memory_cell = std::uint64_t;

// Accesses by a thread of a program. Outside of one, they take place at once.
memory_cell modelled_load(const memory_cell& cell);
void modelled_store(memory_cell& cell, memory_cell value);
// Returns the old value; `change` returns the new one.
memory_cell modelled_update(memory_cell& cell,
                            const std::function<memory_cell(memory_cell)>& change);

}  // namespace detail

// A full barrier on this thread, then, one by one, on all others (membarrier).
void modelled_heavy_barrier();

// The part of std::atomic that the runtime's protocols use.
template <class T>
class modelled_atomic {
public:
    modelled_atomic() noexcept = default;
    modelled_atomic(T value) noexcept : cell_(to_cell(value)) {}  // NOLINT: as std::atomic
    modelled_atomic(const modelled_atomic&) = delete;
    modelled_atomic& operator=(const modelled_atomic&) = delete;
    ~modelled_atomic() = default;

    T load(std::memory_order) const { return from_cell(detail::modelled_load(cell_)); }
    void store(T value, std::memory_order order) {
        if (order == std::memory_order_seq_cst)
            exchange(value, order);
        else
            detail::modelled_store(cell_, to_cell(value));
    }
    T exchange(T value, std::memory_order) {
        return update([=](T) { return value; });
    }
    bool compare_exchange_strong(T& expected, T desired, std::memory_order,
                                 std::memory_order = std::memory_order_seq_cst) {
        const T before = update([=](T now) { return now == expected ? desired : now; });
        return before == expected || (expected = before, false);
    }
    bool compare_exchange_weak(T& expected, T desired, std::memory_order order,
                               std::memory_order = std::memory_order_seq_cst) {
        return compare_exchange_strong(expected, desired, order);
    }
    T fetch_add(T value, std::memory_order) {
        return update([=](T now) { return static_cast<T>(now + value); });
    }
    T fetch_sub(T value, std::memory_order) {
        return update([=](T now) { return static_cast<T>(now - value); });
    }

    // Any change in one locked step, as a system call may make; `change` may note what else happens
    // in that step. Returns the old value.
    template <class Change>
    T update(Change change) {
        return from_cell(detail::modelled_update(
            cell_, [&](detail::memory_cell now) { return to_cell(change(from_cell(now))); }));
    }

private:
    static_assert(sizeof(T) <= sizeof(detail::memory_cell));
    static detail::memory_cell to_cell(T value) noexcept {
        detail::memory_cell cell = 0;
        std::memcpy(&cell, &value, sizeof value);
        return cell;
    }
    static T from_cell(detail::memory_cell cell) noexcept {
        T value;
        std::memcpy(&value, &cell, sizeof value);
        return value;
    }

    detail::memory_cell cell_ = 0;
};

struct modelled_atomics {
    template <class T>
    using atomic = modelled_atomic<T>;
};

}  // namespace tests
