#include "store/backup/backup.h"
#include "bin/cli/advice.h"
#include "bin/cli/output.h"

#include <filesystem>
#include <iostream>

#include <fmt/format.h>

#include "bin/cli/open.h"
#include "bin/cli/progress.h"
#include "bin/cli/subcommand.h"
#include "events/text/shell_word.h"
#include "projector/groups/group_file.h"
#include "store/files/key_files.h"

namespace catlog::cli {
namespace {

using events::Exit;
using events::Position;

std::string to_line(const store::BackupResult& report) {
  return fmt::format(R"({{"logId":"{}","from":{},"to":{},"events":{},"bytes":{},"segments":{},"root":"{}"}})",
                     report.log_id, report.from, report.to, report.to + 1 - report.from, report.bytes, report.segments,
                     events::hex(report.root));
}

class Backup : public Subcommand {
 public:
  explicit Backup(Syntax parent)
      : Subcommand(parent.subcommand(
            "backup", "Bring a backup of the log up to now: the first run is full, later ones add what is new")) {
    syntax().option("directory", directory_, "Of the backup; made when missing").required();
    auto keys =
        syntax().option("--keys", keys_, "Also copy keys/ into this other folder; without it they are left out");
    auto torrents = syntax().option("--torrents", torrents_,
                                    "Also copy torrents/ into this other folder; without it they are left out");
    syntax()
        .flag("--verify", is_check_, "Write nothing: read the whole backup and hold it against its manifest")
        .excludes(keys)
        .excludes(torrents);
    syntax().footer(
        "The daemon may run. What was written is read back from the disk and held against the log. On stdout, one "
        "line\n"
        "of JSON: the positions from and to that are new (with --verify: all), and the log's Merkle root at the end.\n"
        "Exit 5 when log or backup are damaged, with --verify 1 when the backup holds no event.\n"
        "Example: catlog backup /backup/catlog");
  }

  Exit run(const Settings& settings) override { return is_check_ ? check(settings) : back_up(settings); }

 private:
  Exit check(const Settings& settings) {
    ProgressBar bar("reading the backup");
    const auto report =
        store::verify_backup(directory_, [&bar](Position done, Position total) { bar.update(done, total); });
    bar.clear();
    show_json(to_line(report) + '\n');
    if (report.to == 0) {
      tell("{} holds no event of log {}: its first run was cut, or the log was empty; run `catlog backup {}{}` again\n",
           directory_.string(), report.log_id, events::shell_word(directory_.string()), data_option(settings));
      return Exit::refused;
    }
    tell("{} holds events 1 to {} of log {}, whole and unchanged\n", directory_.string(), report.to, report.log_id);
    return Exit::ok;
  }

  // Copies that go with what they are copies of, or keys beside what they open, are of little use.
  void check_places(const Settings& settings) const {
    if (is_within(directory_, settings.data.root))
      throw events::Failure(Exit::usage,
                            "a backup within the data directory would be lost with it: name another place");
    if (!keys_.empty() && (is_within(keys_, directory_) || is_within(keys_, settings.data.root)))
      throw events::Failure(Exit::usage, "--keys must be in neither the backup nor the data directory");
    if (!torrents_.empty() && (is_within(torrents_, directory_) || is_within(torrents_, settings.data.root)))
      throw events::Failure(Exit::usage, "--torrents must be in neither the backup nor the data directory");
  }

  Exit back_up(const Settings& settings) {
    check_places(settings);
    outlive_readers();
    const store::Log log = open_log(settings);
    ProgressBar bar("backing up");
    const store::BackupOptions options{.files = {settings.data.quarantine()}};
    const auto report =
        store::back_up(log, directory_, options, [&bar](Position done, Position total) { bar.update(done, total); });
    bar.clear();
    if (report.to == 0)
      tell("there is no event in the log yet, and none in {}\n", directory_.string());
    else if (report.from > report.to)
      tell("{} holds all events up to {} already\n", directory_.string(), report.to);
    else
      tell("{} holds events {} to {} now, read back and right\n", directory_.string(), report.from, report.to);
    copy_keys(settings);
    copy_torrents(settings);
    if (const auto groups = projector::group_names(settings.data.groups()); !groups.empty())
      tell("what {} groups have dealt with ({}) is not in it\n", groups.size(), settings.data.groups().string());
    show_json(to_line(report) + '\n');
    return Exit::ok;
  }

  // After the log: a key is on disk before the events that need it.
  void copy_keys(const Settings& settings) const {
    if (keys_.empty()) return;
    if (!std::filesystem::exists(settings.data.keys())) return tell("there are no keys yet\n");
    const size_t count = store::copy_keys(settings.data.keys(), keys_);
    tell("{} holds {} keys now. Whoever has them and the backup can open the sealed tokens: keep the two apart\n",
         keys_.string(), count);
  }

  void copy_torrents(const Settings& settings) const {
    if (torrents_.empty()) return;
    if (!std::filesystem::exists(settings.data.torrents())) return tell("no torrent file was ever kept\n");
    const size_t count = store::copy_torrents(settings.data.torrents(), torrents_);
    tell("{} holds {} torrent files now; what is restored gets them back in its torrents/\n", torrents_.string(),
         count);
  }

  std::filesystem::path directory_, keys_, torrents_;
  bool is_check_ = false;
};

}  // namespace

std::unique_ptr<Subcommand> make_backup(Syntax parent) { return std::make_unique<Backup>(parent); }

}  // namespace catlog::cli
