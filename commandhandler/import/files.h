#pragma once
#include <string>
#include <vector>

#include "commandhandler/import/plan.h"

namespace catlog::commandhandler::importing {

constexpr size_t max_files = 1'000'000;

struct Files {
  std::vector<std::string> paths;  // sorted byte by byte, each once
  std::vector<Problem> problems;
  std::vector<std::string> notes;  // about other files that the folders hold
};
// Collects the files that are named; from folders, however deep, those whose names end in .json or .json.gz, in any
// case. A path that is not there or cannot be listed is a problem, and so is a folder without such a file, or a link to
// a folder within one, which is not followed; all other files are collected.
// Throws Failure(usage) for more than max_files.
Files collect_files(const std::vector<std::string>& paths);

}  // namespace catlog::commandhandler::importing
