// The moment when all static objects of the program have been made, and main is next.
#pragma once

namespace bobbin { inline namespace v0 { namespace ipc::detail {

// Calls the function at that moment. Has to be called before it; false if it can't be caught.
//
// The program's initialisers, which make its static objects, are called by the C library after
// those of its shared libraries, in the order of an array of their addresses, .init_array (System V
// ABI). The last one is replaced by the last one and then the function.
bool call_after_static_objects(void (*function)()) noexcept;

}}}  // namespace bobbin::v0::ipc::detail
