// See sharded_counter.hpp.
#include "sync/robust_lock.hpp"

#include <bobbin/ipc/sharded_counter.hpp>

#include <array>
#include <exception>
#include <new>

namespace bobbin { inline namespace v0 { namespace ipc {

using detail::acquired;

// A shard's claim is a lock that its thread has for as long as the shard: the kernel takes it back
// when the thread ends in any way, and knows it from another thread that later has its number. The
// count stays, and the next to claim the shard goes on from it.
struct alignas(128) sharded_counter::shard::place {
    std::atomic<std::uint64_t> count{0};
    detail::robust_lock claim{detail::lock_kind::plain};
};

struct sharded_counter::state {
    alignas(128) std::atomic<std::uint64_t> common{0};  // of those who have no shard
    alignas(128) std::atomic<std::uint32_t> next{0};    // where to look for a free one first
    std::array<shard::place, shards> places;
};

namespace {

constexpr detail::contents sharded_counter_contents{.kind = "sharded_counter"};

}  // namespace

sharded_counter::sharded_counter(const create_named* name)
    : shared_object(sharded_counter_contents, sizeof(state), name,
                    [](std::byte* memory) { new (memory) state; }) {}
sharded_counter::sharded_counter() : sharded_counter(nullptr) {}
sharded_counter::sharded_counter(const create_named& name) : sharded_counter(&name) {}
sharded_counter::sharded_counter(const open_named& name)
    : sharded_counter(segment::open_named(name.name)) {}
sharded_counter::sharded_counter(segment existing)
    : shared_object(sharded_counter_contents, std::move(existing), sizeof(state)) {}

sharded_counter::state& sharded_counter::own() const noexcept {
    return *std::launder(reinterpret_cast<state*>(body()));
}

void sharded_counter::add(std::int64_t number) noexcept {
    own().common.fetch_add(static_cast<std::uint64_t>(number), std::memory_order_relaxed);
}

std::int64_t sharded_counter::value() const noexcept {
    const state& own = this->own();
    // Relaxed: what was added before this call was so by the order that made it "before".
    std::uint64_t sum = own.common.load(std::memory_order_relaxed);
    for (const auto& each : own.places) sum += each.count.load(std::memory_order_relaxed);
    return static_cast<std::int64_t>(sum);
}

sharded_counter::shard::shard(const sharded_counter& of) : of_(of) {
    claim();
}

sharded_counter::shard::~shard() {
    // A claim that was inherited is the parent's.
    if (place_ == nullptr ||
        owned_in_ != bobbin::detail::process_generation.load(std::memory_order_relaxed))
        return;
    // If another thread than the owner destroys the shard, the owner keeps the claim until it ends.
    place_->claim.let_go();
}

void sharded_counter::shard::claim() {
    state& all = of_.own();
    asked_in_ = bobbin::detail::process_generation.load(std::memory_order_relaxed);
    owned_in_ = 0;
    place_ = nullptr;
    const std::uint32_t first = all.next.fetch_add(1, std::memory_order_relaxed);
    for (std::size_t i = 0; i < shards; ++i) {
        place& candidate = all.places[(first + i) % shards];
        if (candidate.claim.try_lock() == acquired::no) continue;
        bobbin::detail::fault_point("sharded_counter.claimed");
        place_ = &candidate;
        count_ = &candidate.count;
        owned_in_ = asked_in_;
        return;
    }
}

void sharded_counter::shard::add_elsewhere(std::int64_t number) noexcept {
    // In a forked child: the shard is the parent's.
    if (asked_in_ != bobbin::detail::process_generation.load(std::memory_order_relaxed)) {
        try {
            claim();
        } catch (const std::exception&) {
            place_ = nullptr;
        }
    }
    if (place_ == nullptr) return of_.add(number);
    add(number);
}

}}}  // namespace bobbin::v0::ipc
