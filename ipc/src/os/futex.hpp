// The kernel's waiting: on a 32-bit word of shared memory, by any process that has it mapped.
#pragma once

#include <bobbin/runtime/deadline.hpp>

#include <atomic>
#include <cstdint>

namespace bobbin { inline namespace v0 { namespace ipc::detail {

// Sleeps while the word holds `value`, at most until `until`. May return early.
void futex_wait(const std::atomic<std::uint32_t>& word, std::uint32_t value, deadline until);

// Changes the word and wakes all who sleep on it: one step, in the kernel, which no signal divides.
// A process that is killed has done both or neither. Small numbers only (the call has 12 bits).
void futex_add_and_wake(std::atomic<std::uint32_t>& word, int add);
void futex_or_and_wake(std::atomic<std::uint32_t>& word, int bits);

// Wakes all who sleep on the word.
void futex_wake(const std::atomic<std::uint32_t>& word);

// What protocols in shared memory are written over. A model checker brings its own.
struct shared_atomics {
    template <class T>
    using atomic = std::atomic<T>;

    static void wait(const atomic<std::uint32_t>& word, std::uint32_t value, deadline until) {
        futex_wait(word, value, until);
    }
    static void wake(const atomic<std::uint32_t>& word) { futex_wake(word); }
    static void add_and_wake(atomic<std::uint32_t>& word, int add) {
        futex_add_and_wake(word, add);
    }
    static void or_and_wake(atomic<std::uint32_t>& word, int bits) {
        futex_or_and_wake(word, bits);
    }
};

}}}  // namespace bobbin::v0::ipc::detail
