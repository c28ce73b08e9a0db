// An exception that was thrown in another process.
#pragma once

#include <memory>
#include <stdexcept>
#include <string>
#include <sys/types.h>

namespace bobbin { inline namespace v0 { namespace ipc {

// Stands for an exception of a type that cannot be thrown anew here: one of the user's, or one that
// is none of std's. Those of the standard library and of bobbin arrive as what they were. Its
// what() is what the exception itself said, the first 4 KiB of it.
//
// What the exception was nested around is nested in this one: std::rethrow_if_nested works.
class remote_error : public std::runtime_error {
public:
    remote_error(const std::string& type, const std::string& what, pid_t worker);

    // As C++ writes it: "parser::syntax_error".
    [[nodiscard]] const std::string& type() const noexcept { return *type_; }
    // The process in which it was thrown, also if others have passed it on.
    [[nodiscard]] pid_t worker() const noexcept { return worker_; }

private:
    std::shared_ptr<const std::string> type_;  // shared, as copying an exception must not throw
    pid_t worker_;
};

}}}  // namespace bobbin::v0::ipc
