#include "store/backup/restore.h"
#include "bin/cli/output.h"

#include <filesystem>
#include <iostream>

#include <fmt/format.h>

#include "bin/cli/moment.h"
#include "bin/cli/open.h"
#include "bin/cli/progress.h"
#include "bin/cli/subcommand.h"
#include "projector/quarantine/quarantine.h"
#include "store/files/durable_file.h"
#include "store/files/key_files.h"

namespace catlog::cli {
namespace {

using events::Exit;
using events::Position;

store::RestoreTarget parse_target(const std::string& to) {
  store::RestoreTarget target;
  if (to.empty()) return target;
  const Moment moment = moment_named(to);
  refuse_to_come(moment);
  if (moment.position)
    target.position = moment.position;
  else
    target.recorded_by_us = moment.time_us;
  return target;
}

std::string to_line(const store::Restored& restored) {
  std::string fork = "null";
  if (const auto& from = restored.identity.forked_from)
    fork = fmt::format(R"({{"logId":"{}","position":{},"root":"{}"}})", from->log_id, from->position,
                       events::hex(from->root));
  return fmt::format(R"({{"logId":"{}","position":{},"root":"{}","forkedFrom":{}}})", restored.identity.id,
                     restored.head.size, events::hex(restored.head.root), fork);
}

// The list belongs to the log: of another log it names that one, and only positions that it has, for later ones will
// hold other events.
void restore_quarantine(const Settings& settings, const store::Restore& restore, const store::Restored& restored) {
  const auto bytes = restore.kept(settings.data.quarantine().filename().string());
  if (!bytes) return;
  const store::FileLock lock(settings.data.lock("quarantine"), "the quarantine list");
  store::write_durably(settings.data.quarantine(), *bytes);
  const auto kept = projector::Quarantine::read(settings.data.quarantine(), restore.manifest().log_id);
  if (!kept) return tell("the quarantine list is back as it was kept, but: {}\n", kept.error());
  projector::Quarantine list(restored.identity.id);
  for (const auto& event : kept->events())
    if (event.position <= restored.head.size) list.add(event);
  list.save(settings.data.quarantine());
  tell("{} of {} quarantined events are back\n", list.events().size(), kept->events().size());
}

class Restore : public Subcommand {
 public:
  explicit Restore(Syntax parent)
      : Subcommand(parent.subcommand("restore", "Make a data directory from a backup, as of its end or earlier")) {
    syntax().option("backup", backup_, "The backup's directory").required();
    syntax().option("--to", to_, "Only up to the last command at or before this position, time or day's beginning");
    syntax().option("--keys", keys_, "Also copy the keys in this folder back into keys/");
    syntax().flag("--new-id", is_new_log_, "A new log id also when all of the backup is restored");
    syntax().footer(
        "--data names the directory to make; it must be new or empty. Every record and the Merkle root are verified. "
        "A\n"
        "log that ends before its backup gets a new id, so that read models and subscribers' positions of the old one\n"
        "are refused. Give --new-id when the old log went on after the backup: its later positions get other events.\n"
        "On stdout, one line of JSON: the log id, its last position and root, and what it was forked from.\n"
        "Example: catlog restore /backup/catlog --data /var/lib/catlog");
  }

  Exit run(const Settings& settings) override {
    outlive_readers();
    auto target = parse_target(to_);
    if (is_new_log_) target.identity = store::Identity::new_log;
    if (is_within(settings.data.root, backup_))
      throw events::Failure(Exit::usage,
                            "a data directory within the backup would be lost with it: name another place with --data");
    // Before anything is made in the data directory.
    if (store::read_manifest(backup_).last() == 0)
      throw events::Failure(Exit::usage,
                            fmt::format("{} holds no event, so there is nothing to restore: its first run was cut, or "
                                        "the log was empty; name another backup, or begin an empty log with catlogd",
                                        backup_.string()));
    store::Restore restore(backup_, settings.data.root);
    ProgressBar bar("restoring");
    const auto restored = restore.build(target, [&bar](Position done, Position total) { bar.update(done, total); });
    bar.clear();
    if (restored.head.size == 0)
      throw events::Failure(Exit::usage,
                            fmt::format("nothing is restored: the first command of the backup ends behind {}", to_));
    if (!keys_.empty()) tell("{} keys are back\n", store::copy_keys(keys_, settings.data.keys()));
    restore_quarantine(settings, restore, restored);
    restore.publish();
    tell_result(settings, restore.manifest(), restored);
    return Exit::ok;
  }

 private:
  void tell_result(const Settings& settings, const store::Manifest& manifest, const store::Restored& restored) const {
    tell("{} holds the log up to position {}, the end of a command; the backup's end is {}\n",
         settings.data.root.string(), restored.head.size, manifest.last());
    if (restored.identity.id == manifest.log_id)
      tell(
          "It keeps the id {}. If that log went on after position {}, its later events are lost and their positions "
          "will be used again: restore with --new-id then, so that nobody mistakes the one for the other\n",
          restored.identity.id, restored.head.size);
    else
      tell("It is a log of its own now, {}: subscribers to log {} start over\n", restored.identity.id, manifest.log_id);
    show_json(to_line(restored) + '\n');
  }

  std::filesystem::path backup_, keys_;
  std::string to_;
  bool is_new_log_ = false;
};

}  // namespace

std::unique_ptr<Subcommand> make_restore(Syntax parent) { return std::make_unique<Restore>(parent); }

}  // namespace catlog::cli
