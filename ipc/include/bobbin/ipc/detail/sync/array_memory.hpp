// What the shared_arrays of all types have in common.
#pragma once

#include <bobbin/ipc/detail/memory/shared_object.hpp>
#include <bobbin/ipc/lock_handle.hpp>

#include <cstddef>

namespace bobbin { inline namespace v0 { namespace ipc::detail {

class array_memory : public shared_object {
public:
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] bool empty() const noexcept { return size_ == 0; }

    [[nodiscard]] lock_handle& get_lock() noexcept { return lock_; }

protected:
    // Elements of zero bytes. Throws std::length_error if they can't be counted in bytes.
    array_memory(const contents& what, std::size_t size, const create_named* name);
    array_memory(const contents& what, segment existing);

    // Elements begin at a multiple of this.
    static constexpr std::size_t alignment = 128;
    [[nodiscard]] std::byte* elements() const noexcept { return elements_; }

    // Throw std::out_of_range if they are not all there.
    void check_index(std::size_t index) const {
        if (index >= size_) throw_out_of_range(index);
    }
    void check_slice(std::size_t first, std::size_t count) const;

private:
    [[noreturn]] void throw_out_of_range(std::size_t index) const;

    std::byte* elements_;
    std::size_t size_;
    lock_handle lock_;
};

}}}  // namespace bobbin::v0::ipc::detail
