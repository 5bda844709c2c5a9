#pragma once
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "commandhandler/client.h"
#include "commandhandler/import/plan.h"
#include "commandhandler/import/yts.h"

namespace catlog::commandhandler::importing {

constexpr size_t max_files = 1'000'000;

struct Files {
  std::vector<std::string> paths;  // sorted byte by byte, each once
  std::vector<Problem> problems;
};
// Files as they are named; of folders every *.json in them, however deep (links to folders are not followed).
// What is not there or cannot be listed is a problem. Failure(usage) for more than max_files.
Files collect_files(const std::vector<std::string>& paths);

struct Tally {
  size_t accepted = 0, unchanged = 0, refused = 0;
};

// What an import did.
struct Report {
  size_t files = 0;
  std::map<std::string, Tally> commands;  // by their names: "putMovie"
  std::vector<Problem> problems;          // what was not imported, refused commands too, by files
  size_t unanswered = 0;                  // commands of which nobody knows, because the daemon did not answer any more
  std::string interrupted;                // what Client said then; empty: it came to its end
};

// Called after each receipt; `total` may grow.
using Progress = std::function<void(size_t done, size_t total)>;

// Import files and folders through the client. Refusals are problems, and the rest goes on. The same files again
// change nothing. When the daemon does not answer any more a part is imported, and doing it again completes it: the
// report says so. Throw what else Client throws.
Report import_tmdb(Client& client, const std::vector<std::string>& paths, const Progress& progress);
Report import_yts(Client& client, const std::vector<std::string>& paths, const Progress& progress);

}  // namespace catlog::commandhandler::importing
