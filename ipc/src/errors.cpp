#include <bobbin/ipc/errors.hpp>
