// See worker_state.hpp.
#include "process/worker_states.hpp"

#include <bobbin/ipc/worker_state.hpp>
#include <bobbin/runtime/detail/os/process_generation.hpp>
#include <bobbin/runtime/detail/os/type_name.hpp>

#include <atomic>
#include <mutex>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace bobbin { inline namespace v0 { namespace ipc::detail {
namespace {

struct made_state {
    std::type_index type;
    std::shared_ptr<void> value;
};

// Those of a process. Never destroyed itself, as threads may outlive static objects; a forked child
// begins anew and leaves its parent's alone.
struct states {
    const bobbin::detail::home_process home;
    std::recursive_mutex mutex;  // who makes one may ask for another
    std::vector<made_state> all;

    static states* if_any() noexcept;
    static states& own();
    [[nodiscard]] void* find(std::type_index type) const noexcept {
        for (const made_state& each : all)
            if (each.type == type) return each.value.get();
        return nullptr;
    }
};

constinit std::atomic<states*> current{nullptr};
constinit std::atomic<std::atomic<std::uint32_t>*> flag{nullptr};

states* states::if_any() noexcept {
    // Acquire, with the release in `own`.
    states* const found = current.load(std::memory_order_acquire);
    return found != nullptr && found->home.is_this() ? found : nullptr;
}

states& states::own() {
    states* before = current.load(std::memory_order_relaxed);
    for (;;) {
        if (states* const found = if_any()) return *found;
        auto made = std::make_unique<states>();
        if (current.compare_exchange_strong(before, made.get(), std::memory_order_release,
                                            std::memory_order_relaxed))
            return *made.release();
    }
}

}  // namespace

void tell_of_states(std::atomic<std::uint32_t>& made) noexcept {
    flag.store(&made, std::memory_order_relaxed);
}

void* find_state(std::type_index type) {
    states* const own = states::if_any();
    if (own == nullptr) return nullptr;
    const std::lock_guard lock(own->mutex);
    return own->find(type);
}

void* find_or_make_state(std::type_index type, const std::function<std::shared_ptr<void>()>& make) {
    states& own = states::own();
    const std::lock_guard lock(own.mutex);
    if (void* const found = own.find(type)) return found;
    std::shared_ptr<void> value = make();
    void* const made = value.get();
    own.all.push_back({type, std::move(value)});
    // Release: the application's acquire is that of the job's result, at the latest.
    if (auto* const told = flag.load(std::memory_order_relaxed))
        told->store(1, std::memory_order_release);
    return made;
}

void destroy_states() noexcept {
    states* const own = states::if_any();
    if (own == nullptr) return;
    const std::lock_guard lock(own->mutex);
    // A destructor may make others.
    while (!own->all.empty()) {
        const made_state last = std::move(own->all.back());
        own->all.pop_back();
    }
}

void refuse_without_state(const std::type_info& type) {
    throw std::logic_error("bobbin: there is no worker_state of type " +
                           bobbin::detail::type_name(type) +
                           " here: let the pool's initializer return one, or say how to make it: "
                           "worker_state<T>(make)");
}

}}}  // namespace bobbin::v0::ipc::detail
