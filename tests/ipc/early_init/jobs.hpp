#pragma once

#include <bobbin/ipc/start_method.hpp>

// 4032, computed by processes. What they call is in a source file whose static objects are made
// after those of the one that calls init().
extern "C" int sum_of_doubles(bobbin::ipc::start_method how);
