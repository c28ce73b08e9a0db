#pragma once

namespace bobbin { inline namespace v0 { namespace ipc::detail {

// Unlocks at the end of a scope what was locked for it.
template <class Lock>
class [[nodiscard]] holding {
public:
    explicit holding(Lock& locked) noexcept : lock_(locked) {}
    holding(const holding&) = delete;
    holding& operator=(const holding&) = delete;
    ~holding() { lock_.let_go(); }

private:
    Lock& lock_;
};

}}}  // namespace bobbin::v0::ipc::detail
