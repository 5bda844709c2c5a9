#pragma once
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "commandhandler/import/files.h"
#include "commandhandler/import/languages.h"
#include "commandhandler/import/plan.h"
#include "events/client/client.h"

namespace catlog::commandhandler::importing {

struct Tally {
  size_t accepted = 0, unchanged = 0, refused = 0;
};

struct Options {
  std::string correlation_id;         // of each command; empty: a new UUID
  std::optional<Language> language;   // of TMDB's genre lists and YTS's movies that do not say a known one
  std::vector<std::string> trackers;  // of YTS's torrents, of which its lists name none
};

// What an import did.
struct Result {
  std::string correlation_id;
  size_t files = 0, documents = 0;        // documents of its source that the files hold, of a kind that is known
  std::map<std::string, Tally> commands;  // by their names: "putMovie"
  std::vector<Problem> problems;          // what was not imported, refused commands too, by files
  std::vector<std::string> notes;         // what was left out or left as it was on purpose, in sentences
  size_t unanswered = 0;                  // commands of which nobody knows, because the daemon did not answer any more
  size_t unsent = 0;                      // commands that never left for that reason
  std::string interrupted;                // what Client said then; empty: it came to its end
};

// Called after each receipt; `total` may grow.
using Progress = std::function<void(size_t done, size_t total)>;

// Import files and folders through the client. Refusals are problems, and the rest goes on. The same files again
// change nothing. When the daemon does not answer any more, a part is imported, and importing again completes it: the
// result says so. Throw what else Client throws.
Result import_tmdb(events::Client& client, const std::vector<std::string>& paths, const Progress& progress,
                   const Options& options = {});
Result import_yts(events::Client& client, const std::vector<std::string>& paths, const Progress& progress,
                  const Options& options = {});

}  // namespace catlog::commandhandler::importing
