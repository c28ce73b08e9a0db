// How many threads can really run at once here.
#pragma once

namespace bobbin { inline namespace v0 {

// The least of: the processors in this thread's affinity mask; the CPU quota of the control groups
// (v1 and v2) that the process is in, rounded up; the environment variable BOBBIN_MAX_PARALLELISM,
// if it is a positive number. At least 1. Reads files: call it once, not in a loop. From any
// thread.
unsigned available_parallelism();

}}  // namespace bobbin::v0
