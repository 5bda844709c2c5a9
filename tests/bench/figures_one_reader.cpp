// One transaction that is open all the time, at a steady rate of changes.
#include <algorithm>
#include <atomic>
#include <set>
#include <thread>

#include <fmt/format.h>

#include "projector/model/generations.h"
#include "projector/model/read_model.h"
#include "projector/wal_options.h"
#include "tests/bench/figures.h"
#include "tests/bench/readers.h"

namespace catlog::bench {
namespace {

namespace fs = std::filesystem;
using events::Position;
using Clock = std::chrono::steady_clock;

constexpr size_t changes_a_second = 20'000;
constexpr std::chrono::seconds a_second{1};
constexpr std::chrono::milliseconds for_ever = std::chrono::hours(24 * 365), files_look_every{20};
constexpr double mib_in_bytes = 1 << 20;

// Looks at the files of the read models all the time. Threads: its own beside the owner's.
class FileWatch {
 public:
  explicit FileWatch(const fs::path& folder)
      : thread_([this, folder](const std::stop_token& stop) {
          while (!stop.stop_requested()) {
            look(folder);
            std::this_thread::sleep_for(files_look_every);
          }
        }) {}
  FileWatch(const FileWatch&) = delete;
  void end() {
    thread_.request_stop();
    thread_.join();
  }
  // After end().
  double most_wal_mib() const { return static_cast<double>(most_wal_) / mib_in_bytes; }  // of one file
  double most_mib() const { return static_cast<double>(most_) / mib_in_bytes; }          // of all files together
  size_t generations() const { return generations_.size(); }                             // that were live

 private:
  void look(const fs::path& folder) {
    std::error_code gone;
    uintmax_t all = 0;
    for (const auto& entry : fs::directory_iterator(folder, gone)) {
      const auto bytes = fs::is_symlink(entry.path(), gone) ? 0 : fs::file_size(entry.path(), gone);
      if (gone) continue;
      all += bytes;
      if (entry.path().native().ends_with("-wal")) most_wal_ = std::max(most_wal_, bytes);
    }
    most_ = std::max(most_, all);
    if (const auto live = projector::Generations(folder).current_path()) generations_.insert(*live);
  }

  uintmax_t most_wal_ = 0, most_ = 0;
  std::set<fs::path> generations_;
  std::jthread thread_;
};

}  // namespace

void Figures::one_reader_long() {
  prepare();
  const fs::path folder = daemon_->data() / "readmodel", live = folder / "current.sqlite";
  ReaderCrowd reader(live, 1, for_ever);
  reader.begin();
  FileWatch files(folder);
  const auto lag = [&] {
    const Position visible = projector::read_checkpoint(projector::Database(live, projector::Open::read)).position;
    return static_cast<double>(log_->head() - visible);
  };
  const auto begin = Clock::now(), end = begin + counts_.long_readers;
  double most_lag = 0, commands = 0;
  for (auto next = begin; next < end;) {
    const auto bodies = workload_.changes(Encoding::capnp, changes_a_second, counts_.existing);
    send(many_clients, bodies, Encoding::capnp);
    commands += static_cast<double>(bodies.size());
    // A slow second is not made up for by a fast one.
    next = std::max(next + a_second, Clock::now());
    std::this_thread::sleep_until(next);
    most_lag = std::max(most_lag, lag());
    interrupt_.check();
  }
  const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  const double last_lag = lag();
  files.end();
  reader.end();
  const std::string prefix = fmt::format(
      "one transaction that is open for {} s, {} changes a second: ", counts_.long_readers.count(), changes_a_second);
  table_.add({prefix + "commands/s that were sent"}, commands / seconds);
  table_.add({prefix + "projector's lag max, events"}, most_lag);
  table_.add({prefix + "projector's lag at the end, events"}, last_lag);
  table_.add({prefix + "most of one WAL, MiB", "its limit"}, files.most_wal_mib(),
             static_cast<double>(projector::default_wal_limit_bytes) / mib_in_bytes);
  table_.add({prefix + "most of all read models' files, MiB"}, files.most_mib());
  table_.add({prefix + "copies that went on"}, static_cast<double>(files.generations()) - 1);
}

}  // namespace catlog::bench
