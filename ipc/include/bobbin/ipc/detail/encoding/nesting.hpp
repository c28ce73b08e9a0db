// How deep a value may be.
#pragma once

namespace bobbin { inline namespace v0 { namespace ipc::detail {

// Levels of containers, unique_ptrs and types with functions of their own: those that can hold
// values of the type that holds them. Bounded so that no message overflows the stack.
inline constexpr unsigned deepest_nesting = 100;

// One level, while it lives.
class nesting {
public:
    explicit nesting(unsigned& depth) noexcept : depth_(depth) { ++depth_; }
    ~nesting() { --depth_; }
    nesting(const nesting&) = delete;
    nesting& operator=(const nesting&) = delete;

private:
    unsigned& depth_;
};

// Throws std::length_error.
[[noreturn]] void nested_too_deeply();

}}}  // namespace bobbin::v0::ipc::detail
