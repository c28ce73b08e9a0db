// See event.hpp.
#include "sync/event_count.hpp"
#include "sync/fair_lock.hpp"
#include "sync/holding.hpp"

#include <bobbin/ipc/event.hpp>

#include <new>

namespace bobbin { inline namespace v0 { namespace ipc {

// How often it was set or cleared: it is set while that is odd.
struct event::state {
    detail::fair_lock changing;
    alignas(64) detail::event_count<> changes;
};

namespace {

constexpr detail::contents event_contents{.kind = "event"};
constexpr bool means_set(std::uint64_t changes) {
    return changes % 2 == 1;
}

}  // namespace

event::event(const create_named* name)
    : shared_object(event_contents, sizeof(state), name,
                    [](std::byte* memory) { new (memory) state; }) {}
event::event() : event(nullptr) {}
event::event(const create_named& name) : event(&name) {}
event::event(const open_named& name) : event(segment::open_named(name.name)) {}
event::event(segment existing)
    : shared_object(event_contents, std::move(existing), sizeof(state)) {}

event::state& event::own() const noexcept {
    return *std::launder(reinterpret_cast<state*>(body()));
}

void event::change(bool set) {
    state& own = this->own();
    static_cast<void>(own.changing.lock());
    const detail::holding held(own.changing);
    bobbin::detail::fault_point("event.locked");
    const std::uint64_t changes = own.changes.own();
    if (means_set(changes) != set) own.changes.publish(changes + 1);
    bobbin::detail::fault_point("event.changed");
}

void event::set() {
    change(true);
}
void event::clear() {
    change(false);
}

bool event::is_set() const noexcept {
    return means_set(own().changes.read());
}

bool event::wait_until(deadline until) const {
    auto& changes = own().changes;
    const std::uint64_t first = changes.read();
    for (;;) {
        const auto key = changes.current();
        // The first change since can only have been that it was set.
        const std::uint64_t now = changes.read();
        if (means_set(now) || now != first) return true;
        if (until.has_passed()) return false;
        changes.wait(key, until);
    }
}

void event::wait() const {
    static_cast<void>(wait_until(deadline::never));
}

}}}  // namespace bobbin::v0::ipc
