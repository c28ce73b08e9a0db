#pragma once

#include <string>
#include <vector>

namespace tour {

// Takes what this process and its children write to the standard output while it lives: the
// notebook shows that as the result of a cell.
class captured_output {
public:
    // Throws std::system_error.
    captured_output();
    captured_output(const captured_output&) = delete;
    captured_output& operator=(const captured_output&) = delete;
    ~captured_output();

    // What was written so far. Throws std::system_error.
    [[nodiscard]] std::vector<std::string> lines() const;

private:
    int file_;    // a memfd
    int before_;  // the standard output as it was
};

}  // namespace tour
