// A shared_value that takes more than one step to change.
#pragma once

#include <bobbin/ipc/detail/memory/shareable.hpp>
#include <bobbin/ipc/detail/sync/two_copies.hpp>

#include <array>
#include <bit>
#include <concepts>
#include <functional>
#include <memory>

namespace bobbin { inline namespace v0 { namespace ipc::detail {

template <class T>
class locked_value : public two_copies {
public:
    using value_type = T;

    locked_value(const contents& what, const T& initial, const create_named* name)
        : two_copies(what, std::addressof(initial), name) {}
    locked_value(const contents& what, segment existing) : two_copies(what, std::move(existing)) {}

    // The last value that was stored; also while a death is not recovered from.
    [[nodiscard]] T load() const {
        const step reading(*this, step::reads);
        return read(reading);
    }
    // All of it or, if this process dies, nothing. Throws owner_died.
    void store(const T& value) {
        step writing(*this, step::writes);
        writing.write(std::addressof(value));
    }
    // Calls `change` with the value and stores what it makes of it, and nobody else changes it
    // meanwhile. Nothing is stored if it throws, or the process dies. Throws owner_died.
    template <std::invocable<T&> F>
    void update(F&& change) {
        step writing(*this, step::writes);
        T value = read(writing);
        std::invoke(std::forward<F>(change), value);
        writing.write(std::addressof(value));
    }

    operator T() const {  // NOLINT(google-explicit-constructor): as where T is atomic
        return load();
    }

private:
    static T read(const step& from) {
        std::array<std::byte, sizeof(T)> bytes;
        from.read(bytes.data());
        return std::bit_cast<T>(bytes);
    }
};

}}}  // namespace bobbin::v0::ipc::detail
