// See lazy_stop.hpp.
#include <bobbin/runtime/detail/task/join_scope.hpp>

#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace bobbin { inline namespace v0 { namespace detail {

namespace {

// Counts the requests to stop of the whole program, so that a scope can remember that neither it
// nor any around it was stopped as of then: asking costs the scopes opened since, not the nesting's
// depth.
std::atomic<std::uint64_t> stop_epoch{1};

// When a request can be seen. Who asked before has remembered an older epoch, and asks again.
void begin_epoch() noexcept {
    stop_epoch.fetch_add(1, std::memory_order_release);
}

}  // namespace

struct stop_signal::state {
    std::atomic<bool> requested{false};
    std::stop_source source;
    std::shared_ptr<state> next;  // in the list of those that wait for their turn
};

stop_signal::stop_signal() : state_(std::make_shared<state>()) {}

std::stop_token stop_signal::token() const noexcept {
    return state_->source.get_token();
}

bool stop_signal::requested() const noexcept {
    // Acquire, with the release in `tell`.
    return state_->requested.load(std::memory_order_acquire);
}

void stop_signal::request() const noexcept {
    tell(state_);
}

void stop_signal::request_in_turn() const noexcept {
    constinit thread_local std::shared_ptr<state>* waiting = nullptr;
    if (waiting != nullptr) {
        // Once: only the link to its parent calls this, and that is told once.
        state_->next = std::exchange(*waiting, state_);
        return;
    }
    std::shared_ptr<state> list = state_;
    waiting = &list;
    while (list != nullptr) {
        auto first = std::exchange(list, nullptr);
        list = std::exchange(first->next, nullptr);
        tell(std::move(first));
    }
    waiting = nullptr;
}

void stop_signal::tell(std::shared_ptr<state> first) noexcept {
    if (first->requested.exchange(true, std::memory_order_release)) return;
    begin_epoch();
    first->source.request_stop();
}

struct lazy_stop::linked {
    // Carries a request from a scope to one inside it.
    struct propagate {
        stop_signal to;
        void operator()() const noexcept { to.request_in_turn(); }
    };
    stop_signal signal;
    std::optional<std::stop_callback<propagate>> from_parent;
};

lazy_stop::linked* lazy_stop::as_linked(std::uintptr_t word) noexcept {
    return reinterpret_cast<linked*>(word);
}

void lazy_stop::release(std::uintptr_t word) noexcept {
    delete as_linked(word);
}

bool lazy_stop::requested() const noexcept {
    // Acquire, with the exchanges in `link` and `request_stop`.
    const auto word = word_.load(std::memory_order_acquire);
    return word == stopped || (word != empty && as_linked(word)->signal.requested());
}

void lazy_stop::request_stop() noexcept {
    auto word = empty;
    // Release, with whoever learns of the stop; acquire, as in `requested`.
    if (word_.compare_exchange_strong(word, stopped, std::memory_order_acq_rel,
                                      std::memory_order_acquire))
        begin_epoch();
    else if (word != stopped)
        as_linked(word)->signal.request();
}

void lazy_stop::link(join_scope* parent) {
    auto made = std::make_unique<linked>();
    if (parent != nullptr)
        made->from_parent.emplace(parent->stop.signal(*parent).token(),
                                  linked::propagate{made->signal});
    auto word = empty;
    // Release, with the acquire loads of the word; a loser drops its own.
    if (word_.compare_exchange_strong(word, reinterpret_cast<std::uintptr_t>(made.get()),
                                      std::memory_order_release, std::memory_order_relaxed))
        made.release();
}

stop_signal lazy_stop::signal(join_scope& own) {
    // From the outermost scope without a signal inwards, so that each finds its parent's.
    std::vector<join_scope*> unlinked;
    for (auto* scope = &own;
         scope != nullptr && scope->stop.word_.load(std::memory_order_acquire) == empty;
         scope = scope->parent)
        unlinked.push_back(scope);
    for (; !unlinked.empty(); unlinked.pop_back()) {
        auto* scope = unlinked.back();
        scope->stop.link(scope->parent);
    }
    const auto word = word_.load(std::memory_order_acquire);
    if (word != stopped) return as_linked(word)->signal;
    stop_signal always;
    always.request();
    return always;
}

bool join_scope::stop_requested() const noexcept {
    // Acquire, with the release in `begin_epoch`: what was requested before it is seen.
    const auto epoch = stop_epoch.load(std::memory_order_acquire);
    const auto* scope = this;
    for (; scope != nullptr; scope = scope->parent) {
        // Relaxed, here and below: it only repeats what this walk would find.
        if (scope->not_stopped_in.load(std::memory_order_relaxed) == epoch) break;
        if (scope->stop.requested()) return true;
    }
    for (const auto* asked = this; asked != scope; asked = asked->parent)
        asked->not_stopped_in.store(epoch, std::memory_order_relaxed);
    return false;
}

}}}  // namespace bobbin::v0::detail
