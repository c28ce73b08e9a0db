// Python's executors, run by a child process.
#pragma once

namespace bench::peers {

/// Whether there is a Python with them. Asked once; processes started later know the answer.
bool has_python();

}  // namespace bench::peers
