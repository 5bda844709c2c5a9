#pragma once
#include <cstddef>
#include <string>
#include <vector>

namespace catlog::tests {

// Not 127.0.0.1, from which the loopback interface connects: who connects to a port there that nobody listens at yet
// may be given that very port, and then speaks with itself. And this process's own, where no other one finds a port
// that is free only until somebody listens.
std::string own_address();

// Of own_address(), free now: for programs that must be told a port before they listen.
std::vector<int> free_ports(size_t count);

}  // namespace catlog::tests
