// See two_copies.hpp.
#include "sync/lock_state.hpp"

#include <bobbin/ipc/detail/sync/two_copies.hpp>

#include <cstring>
#include <new>
#include <string>

namespace bobbin { inline namespace v0 { namespace ipc::detail {

// Written by the lock's holder only.
struct two_copies::state {
    lock_state lock{lock_kind::recursive};
    alignas(lock_bytes) std::atomic<std::uint32_t> current{0};  // 0 or 1: the copy that counts

    static constexpr std::size_t unit = 64;
    static constexpr std::size_t bytes_for(std::size_t value) {
        return sizeof(state) + 2 * ((value + unit - 1) / unit * unit);
    }
    std::byte* copy(std::uint32_t which, std::size_t size) noexcept {
        return reinterpret_cast<std::byte*>(this + 1) + which * ((size + unit - 1) / unit * unit);
    }
};

two_copies::two_copies(const contents& what, const void* initial, const create_named* name)
    : shared_object(what, state::bytes_for(what.element_size), name,
                    [&](std::byte* memory) {
                        auto* const made = new (memory) state;
                        std::memcpy(made->copy(0, what.element_size), initial, what.element_size);
                    }),
      size_(what.element_size),
      lock_(own().lock) {}

two_copies::two_copies(const contents& what, segment existing)
    : shared_object(what, std::move(existing), state::bytes_for(what.element_size)),
      size_(what.element_size),
      lock_(own().lock) {}

two_copies::state& two_copies::own() const noexcept {
    return *std::launder(reinterpret_cast<state*>(body()));
}

two_copies::step::step(const two_copies& value, kind what) : value_(value) {
    lock_state& lock = value.own().lock;
    static_cast<void>(lock.lock.lock([&]() noexcept { lock.note_death(); }));
    // A user that has this lock already has recovered it.
    if (what == writes && lock.is_abandoned()) {
        lock.lock.unlock();
        throw owner_died();
    }
    current_ = value.own().current.load(std::memory_order_relaxed);
    if (current_ > 1) {
        lock.lock.let_go();
        throw protocol_error(
            "bobbin: the memory of a shared value was written over: which of two "
            "copies counts is " +
            std::to_string(current_));
    }
    bobbin::detail::fault_point("value.locked");
}

two_copies::step::~step() {
    value_.own().lock.lock.let_go();
}

void two_copies::step::read(void* to) const noexcept {
    std::memcpy(to, value_.own().copy(current_, value_.size_), value_.size_);
}

void two_copies::step::write(const void* from) noexcept {
    state& own = value_.own();
    const std::uint32_t next = 1 - current_;
    std::byte* const to = own.copy(next, value_.size_);
    // In halves, so that a test can let a process die in the middle.
    const std::size_t half = value_.size_ / 2;
    std::memcpy(to, from, half);
    bobbin::detail::fault_point("value.half_written");
    std::memcpy(to + half, static_cast<const std::byte*>(from) + half, value_.size_ - half);
    bobbin::detail::fault_point("value.written");
    // Release: the bytes first. The next holder sees them through the lock.
    own.current.store(next, std::memory_order_release);
    current_ = next;
    bobbin::detail::fault_point("value.stored");
}

}}}  // namespace bobbin::v0::ipc::detail
