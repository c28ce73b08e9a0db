// A value of any size in shared memory, which a death never leaves half written.
#pragma once

#include <bobbin/ipc/detail/memory/shared_object.hpp>
#include <bobbin/ipc/lock_handle.hpp>

#include <cstddef>
#include <cstdint>

namespace bobbin { inline namespace v0 { namespace ipc::detail {

// Two copies, and a word that says which of them counts. Under the lock the other one is written,
// then the word: one store.
class two_copies : public shared_object {
public:
    [[nodiscard]] lock_handle& get_lock() noexcept { return lock_; }

protected:
    two_copies(const contents& what, const void* initial, const create_named* name);
    two_copies(const contents& what, segment existing);

    // The value's lock for a step of ours. A death in it leaves a whole value, so it is none of a
    // user's section. Throws std::system_error.
    class step {
    public:
        enum kind { reads, writes };
        // Throws protocol_error; to write, owner_died after a user's death in a section.
        step(const two_copies& value, kind what);
        step(const step&) = delete;
        step& operator=(const step&) = delete;
        ~step();

        void read(void* to) const noexcept;
        void write(const void* from) noexcept;

    private:
        const two_copies& value_;
        std::uint32_t current_ = 0;  // the copy that counts
    };

private:
    struct state;
    [[nodiscard]] state& own() const noexcept;

    std::size_t size_;
    lock_handle lock_;
};

}}}  // namespace bobbin::v0::ipc::detail
