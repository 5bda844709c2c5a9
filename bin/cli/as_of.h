#pragma once
#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "bin/cli/subcommand.h"
#include "projector/rebuild/as_of_cache.h"
#include "projector/sqlite/guard.h"

namespace catlog::cli {

// The read models as they stood at moments: files that are kept in readmodel/as-of for the next question, or, where
// nothing can be written there, in a folder of this user's among the temporary files.
class AsOfFiles {
 public:
  // `moments`: what `--as-of` names, and `--and`. The log is closed again. When the files are not there within `limit`
  // the process ends, with a sentence. Throws as position_as_of, and as AsOfCache.
  AsOfFiles(const Settings& settings, const std::vector<std::string>& moments, std::chrono::milliseconds limit);
  AsOfFiles(AsOfFiles&&) = default;

  const std::filesystem::path& file(size_t which) const { return files_.at(which).path(); }
  events::Position position(size_t which) const { return positions_.at(which); }
  // The moment itself, as the read model writes times: as it was named, or when the event at its position was recorded.
  const std::string& time(size_t which) const { return times_.at(which); }
  events::Position head() const { return head_; }  // of the log
  // What can be asked beside the first file: today's tables, where there is a read model, and, of two moments, each as
  // schema `a` and `b`.
  const std::vector<projector::Beside>& beside() const { return beside_; }
  // How long it took.
  std::chrono::milliseconds spent() const { return spent_; }

 private:
  events::Position head_ = 0;
  std::vector<events::Position> positions_;
  std::vector<std::string> times_;
  std::vector<projector::KeptFile> files_;
  std::vector<projector::Beside> beside_;
  std::chrono::milliseconds spent_{0};
};

}  // namespace catlog::cli
