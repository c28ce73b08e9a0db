// How many threads the numerical libraries in a worker may start.
#pragma once

namespace bobbin::inline v0::ipc::detail {

// Tells OpenMP, OpenBLAS, MKL and BLIS, whether they are loaded already or will be. What the
// environment says has precedence.
void cap_library_threads(unsigned threads) noexcept;

}  // namespace bobbin::inline v0::ipc::detail
