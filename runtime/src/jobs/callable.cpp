// See callable.hpp.
#include "os/module.hpp"

#include <bobbin/runtime/detail/jobs/callable.hpp>
#include <bobbin/runtime/detail/os/type_name.hpp>

#include <array>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <mutex>
#include <pthread.h>
#include <stdexcept>
#include <string>

namespace bobbin { inline namespace v0 { namespace detail {

namespace {

// Lists through the entries, so that nothing is allocated before `main` and there is nothing to
// destroy after it.
struct table {
    std::mutex mutex;
    callable_entry* unsorted = nullptr;  // not looked at since they were registered
    std::array<callable_entry*, 256> by_key{};

    callable_entry*& list_of(std::uint64_t key) noexcept { return by_key[key % by_key.size()]; }
};
constinit table callables;

// Held around fork(), as the child must not inherit it from another thread.
[[maybe_unused]] const int table_at_fork =
    pthread_atfork([] { callables.mutex.lock(); }, [] { callables.mutex.unlock(); },
                   [] { callables.mutex.unlock(); });

const void* address_of(const callable_entry& entry) noexcept {
    return reinterpret_cast<const void*>(entry.call);  // NOLINT: POSIX allows it
}

std::string describe(const callable_entry& entry) {
    const auto place = find_module(address_of(entry));
    std::array<char, 32> offset{};
    std::snprintf(offset.data(), offset.size(), "+0x%zx", place.offset);
    return type_name(*entry.type) + "\n      in " + place.module + offset.data();
}

// One to one (the end of MurmurHash3).
std::uint64_t mix(std::uint64_t value) noexcept {
    value = (value ^ (value >> 33U)) * 0xff51afd7ed558ccdULL;
    value = (value ^ (value >> 33U)) * 0xc4ceb9fe1a85ec53ULL;
    return value ^ (value >> 33U);
}

std::uint64_t compute_key(const callable_entry& entry) {
    const auto place = find_module(address_of(entry));
    if (place.build_id.empty())
        throw std::runtime_error("bobbin: " + place.module +
                                 " has no build-id, by which another process would know the "
                                 "callables in it; link it with -Wl,--build-id. One of them is " +
                                 type_name(*entry.type));
    std::uint64_t hash = 0;
    for (const auto byte : place.build_id) hash = mix(hash + std::to_integer<std::uint64_t>(byte));
    // Different for all offsets in one module.
    const auto key = mix(hash ^ mix(place.offset));
    return key != 0 ? key : 1;
}

[[noreturn]] void end_for_clash(std::uint64_t key, const callable_entry& a,
                                const callable_entry& b) {
    std::fprintf(stderr,
                 "bobbin: two callables have one key, %016llx, and other processes would take one "
                 "for the other\n    %s\n    %s\n"
                 "Has each module a build-id of its own (-Wl,--build-id)?\n",
                 static_cast<unsigned long long>(key), describe(a).c_str(), describe(b).c_str());
    std::abort();
}

// Under the lock: sorts those that have come; without a build-id they stay. Returns the error of
// one of these.
std::exception_ptr sort_new() {
    std::exception_ptr error;
    callable_entry* left = nullptr;
    while (callables.unsorted != nullptr) {
        auto& entry = *callables.unsorted;
        callables.unsorted = entry.next;
        callable_entry** list = &left;
        try {
            const auto key = key_of(entry);
            list = &callables.list_of(key);
            for (auto* other = *list; other != nullptr; other = other->next)
                if (other->key.load(std::memory_order_relaxed) == key && other->call != entry.call)
                    end_for_clash(key, *other, entry);
        } catch (...) {
            error = std::current_exception();
        }
        entry.next = *list;
        *list = &entry;
    }
    callables.unsorted = left;
    return error;
}

bool take_out(callable_entry*& list, const callable_entry& entry) noexcept {
    auto** at = &list;
    while (*at != nullptr && *at != &entry) at = &(*at)->next;
    if (*at == nullptr) return false;
    *at = entry.next;
    return true;
}

}  // namespace

callable_registration::callable_registration(callable_entry& entry) noexcept : entry_(entry) {
    const std::lock_guard lock(callables.mutex);
    entry_.next = callables.unsorted;
    callables.unsorted = &entry_;
}

callable_registration::~callable_registration() {
    const std::lock_guard lock(callables.mutex);
    if (!take_out(callables.unsorted, entry_))
        take_out(callables.list_of(entry_.key.load(std::memory_order_relaxed)), entry_);
}

std::uint64_t key_of(callable_entry& entry) {
    auto key = entry.key.load(std::memory_order_relaxed);
    if (key == 0) {
        key = compute_key(entry);
        entry.key.store(key, std::memory_order_relaxed);
    }
    return key;
}

const callable_entry* find_callable(std::uint64_t key) {
    const std::lock_guard lock(callables.mutex);
    sort_new();
    auto* entry = callables.list_of(key);
    while (entry != nullptr && entry->key.load(std::memory_order_relaxed) != key)
        entry = entry->next;
    return entry;
}

void check_callables() {
    const std::lock_guard lock(callables.mutex);
    if (const auto error = sort_new()) std::rethrow_exception(error);
}

}}}  // namespace bobbin::v0::detail
