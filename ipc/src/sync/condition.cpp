// See condition.hpp.
#include "sync/event_count.hpp"
#include "sync/fair_lock.hpp"
#include "sync/holding.hpp"

#include <bobbin/ipc/condition.hpp>

#include <new>

namespace bobbin { inline namespace v0 { namespace ipc {

// How many notifications there were.
struct condition::state {
    detail::fair_lock notifying;
    alignas(64) detail::event_count<> notifications;
};

namespace {

constexpr detail::contents condition_contents{.kind = "condition"};

}  // namespace

condition::condition(const create_named* name)
    : shared_object(condition_contents, sizeof(state), name,
                    [](std::byte* memory) { new (memory) state; }) {}
condition::condition() : condition(nullptr) {}
condition::condition(const create_named& name) : condition(&name) {}
condition::condition(const open_named& name) : condition(segment::open_named(name.name)) {}
condition::condition(segment existing)
    : shared_object(condition_contents, std::move(existing), sizeof(state)) {}

condition::state& condition::own() const noexcept {
    return *std::launder(reinterpret_cast<state*>(body()));
}

void condition::notify_all() {
    state& own = this->own();
    static_cast<void>(own.notifying.lock());
    const detail::holding held(own.notifying);
    bobbin::detail::fault_point("condition.locked");
    own.notifications.publish(own.notifications.own() + 1);
    bobbin::detail::fault_point("condition.notified");
}

std::uint32_t condition::current() const noexcept {
    return own().notifications.current();
}

bool condition::wait_since(std::uint32_t seen, deadline until) {
    bobbin::detail::fault_point("condition.waiting");
    auto& notifications = own().notifications;
    while (notifications.current() == seen) {
        if (until.has_passed()) return false;
        notifications.wait(seen, until);
    }
    return true;
}

}}}  // namespace bobbin::v0::ipc
