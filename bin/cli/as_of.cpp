#include "bin/cli/as_of.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <mutex>
#include <thread>

#include <fmt/format.h>

#include "bin/cli/moment.h"
#include "bin/cli/open.h"
#include "bin/cli/output.h"
#include "bin/cli/progress.h"
#include "events/text/datetime.h"
#include "projector/model/building_files.h"
#include "store/files/own_file.h"

namespace catlog::cli {

namespace fs = std::filesystem;
using events::Exit;
using events::Failure;
using events::Position;
using Clock = std::chrono::steady_clock;

namespace {

constexpr std::array<const char*, 2> schemas{"a", "b"};

fs::path private_folder() {
  const fs::path folder = fs::temp_directory_path() / fmt::format("catlog-as-of-{}", ::geteuid());
  if (::mkdir(folder.c_str(), store::private_directory) != 0 && errno != EEXIST)
    throw Failure(Exit::failure, fmt::format("cannot make a folder {}: {}", folder.string(), std::strerror(errno)));
  struct stat found {};
  if (::lstat(folder.c_str(), &found) != 0 || !S_ISDIR(found.st_mode) || found.st_uid != ::geteuid() ||
      (found.st_mode & (S_IRWXG | S_IRWXO)) != 0)
    throw Failure(Exit::failure, fmt::format("{} is no folder that only you may enter: remove it, or name another "
                                             "place with TMPDIR",
                                             folder.string()));
  return folder;
}

fs::path folder_for(const Settings& settings) {
  const fs::path folder = settings.data.as_of();
  return projector::AsOfCache(folder).is_writable() ? folder : private_folder();
}

// Before the first event it is that one's.
int64_t time_of(const store::Log& log, const Moment& moment, Position position) {
  if (!moment.position) return moment.time_us;
  return recorded_at(log, std::max<Position>(position, 1)).value_or(events::now_us());
}

// Ends the process when it lives for longer than the limit: SQLite makes indexes without asking anybody.
class TimeToBuild {
 public:
  TimeToBuild(std::chrono::milliseconds limit, fs::path folder)
      : timer_([until = Clock::now() + limit, folder = std::move(folder)](const std::stop_token& ended) {
          std::mutex mutex;
          std::condition_variable_any signal;
          std::unique_lock lock(mutex);
          signal.wait_until(lock, ended, until, [&] { return ended.stop_requested(); });
          if (ended.stop_requested()) return;
          projector::remove_own_buildings(folder);
          end_process("catlog: building the read model of that moment took longer than --timeout-s: give it more\n",
                      Exit::refused);
        }) {}

 private:
  std::jthread timer_;
};

}  // namespace

AsOfFiles::AsOfFiles(const Settings& settings, const std::vector<std::string>& moments,
                     std::chrono::milliseconds limit) {
  const auto began = Clock::now();
  const store::Log log = open_log(settings);
  head_ = log.head();
  for (const std::string& moment : moments) {
    positions_.push_back(position_as_of(log, moment));
    times_.push_back(events::to_sql_datetime(time_of(log, moment_named(moment), positions_.back())));
  }
  const auto quarantine = open_quarantine(settings, log);
  const projector::AsOfCache cache(folder_for(settings));
  const TimeToBuild time(limit, cache.directory());
  ProgressBar bar("building");
  for (const Position position : positions_)
    files_.push_back(
        cache.file(log, quarantine, position, [&bar](Position done, Position all) { bar.update(done, all); }));
  bar.clear();
  for (size_t i = 0; files_.size() > 1 && i < schemas.size(); ++i) beside_.push_back({schemas.at(i), file(i)});
  if (fs::exists(settings.data.current_read_model())) {
    require_own_read_model(settings, log);
    beside_.push_back({"today", settings.data.current_read_model()});
  }
  spent_ = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - began);
}

}  // namespace catlog::cli
