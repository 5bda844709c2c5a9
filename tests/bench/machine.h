#pragma once
#include <cstddef>
#include <filesystem>
#include <string>

namespace catlog::bench {

// What figures depend on beside the code.
struct Machine {
  std::string processor;
  unsigned cores = 0;
  double memory_gib = 0;
  std::string kernel;
  std::string file_system;  // of the directory that was measured in
  double load = 0;          // of the minute before: other work makes figures lower than they are
};

Machine machine_with(const std::filesystem::path& directory);

}  // namespace catlog::bench
