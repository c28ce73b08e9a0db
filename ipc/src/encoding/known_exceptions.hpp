#pragma once

#include <bobbin/ipc/decoder.hpp>
#include <bobbin/ipc/encoder.hpp>

#include <exception>
#include <string>
#include <vector>

namespace bobbin { inline namespace v0 { namespace ipc {

// A type whose exceptions are thrown anew as what they were.
struct known_exception {
    std::string name;
    // The exception must be of exactly this type.
    void (*put)(encoder& to, const std::exception& error);
    std::exception_ptr (*get)(decoder& from, const std::exception_ptr& inner);
};

// The first is remote_error. The format has the place in here: both processes are of the same
// program.
const std::vector<known_exception>& known_exceptions();

}}}  // namespace bobbin::v0::ipc
