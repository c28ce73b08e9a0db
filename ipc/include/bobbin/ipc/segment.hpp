// Memory that processes share.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace bobbin { inline namespace v0 { namespace ipc {

// A piece of shared memory, mapped in this process. Copies of the object mean the same memory; it
// is unmapped here when the last of them is gone, and exists as long as any process has it mapped
// or holds a descriptor of it.
//
// Anonymous segments have no name, so that nothing is left of them when all their users are gone,
// however those ended. A child made by fork() has the segments of its parent; other processes get
// them as arguments, or by a descriptor (see handle.hpp). They can neither shrink nor grow.
//
// Named segments are what boost::interprocess::shared_memory_object makes, for processes that have
// nothing in common but the name, and for this user only. A name stays until it is removed or the
// machine restarts, whatever becomes of the processes. They can't be sealed: whoever opens them may
// shrink them, of which the others die. As arguments they go to processes and workers, but not back
// or over a socket: these open them by their name.
//
// All memory is there when the constructor returns: too little is an exception then, never SIGBUS
// later. (A control group's limit is compared with the request, which is a best effort: others may
// take the memory in between.)
//
// Threads. As a shared_ptr: one object by one thread at a time, copies by any.
class segment {
public:
    // Zeroed memory of at least that many bytes. Throw std::system_error, whose text names the
    // sizes, and leave nothing behind.
    static segment create(std::size_t bytes);
    // A name has 1 to 250 bytes, none of them a slash or NUL, and is neither "." nor "..": else
    // std::invalid_argument, here and wherever names are given. This one has to be new.
    static segment create_named(const std::string& name, std::size_t bytes);
    static segment open_named(const std::string& name);
    // Takes the descriptor over, also when it throws. Throws wrong_segment if others can shrink the
    // memory, as it has no seals: this process would die of SIGBUS then. (But for systems where
    // memfd_create is refused to this process: no memory can be sealed there.)
    static segment adopt(int descriptor);
    // The same of whatever memory, from those who are trusted not to shrink it: what a named
    // segment is for all who use it.
    static segment adopt_unsealed(int descriptor);

    // Takes the name away; users of the memory keep it. False if there is no such name.
    static bool remove_named(const std::string& name);

    [[nodiscard]] std::byte* data() const noexcept;
    [[nodiscard]] std::size_t size() const noexcept;
    // The segment's own; it closes on exec.
    [[nodiscard]] int descriptor() const noexcept;

    // A number that copies have in common, and no other segment ever has in this process.
    [[nodiscard]] std::uint64_t id() const noexcept;
    // Expires when the last copy here is gone.
    [[nodiscard]] std::weak_ptr<const void> lifetime() const noexcept;

private:
    struct mapping;
    explicit segment(std::shared_ptr<const mapping> own) noexcept : mapping_(std::move(own)) {}

    std::shared_ptr<const mapping> mapping_;
};

}}}  // namespace bobbin::v0::ipc
