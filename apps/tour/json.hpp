#pragma once

#include "run.hpp"

#include <string>
#include <vector>

namespace tour {

// {"cells":[{"cell","title","seconds","user","system","notebook_seconds","ok","result"}…]}, with
// a newline at the end. Null: notebook_seconds of cells that the notebook does not time.
std::string as_json(const std::vector<cell_run>& runs);

}  // namespace tour
