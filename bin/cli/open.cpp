#include "bin/cli/open.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "bin/cli/output.h"
#include "events/schema/model.h"
#include "events/schema/vocabulary.h"
#include "events/text/shell_word.h"
#include "projector/sqlite/checkpoint.h"
#include "store/backup/restore.h"
#include "store/records.h"

namespace catlog::cli {

using events::Exit;
using events::Failure;

std::string advice_to_start(const Settings& settings) {
  namespace fs = std::filesystem;
  const events::DataDirectory& data = settings.data;
  const std::string start = fmt::format("`catlogd --data {}`", events::shell_word(data.root.string()));
  const std::string another = ", or name another data directory with --data";
  const fs::path sign = data.root / store::begin_sign;
  if (!fs::is_directory(data.root) || fs::exists(data.log() / "data.mdb")) return "start " + start + another;
  if (fs::exists(data.root / store::log_being_restored))
    return fmt::format("a restore is under way there, or was cut: run `catlog restore BACKUP --data {}` again",
                       events::shell_word(data.root.string()));
  for (const fs::path& made : {data.state() / "data.mdb", data.current_read_model()})
    if (fs::exists(made))
      return fmt::format(
                 "{} was made of a log that is missing: bring log/ back (is it mounted?), or restore a backup "
                 "into an empty directory (`catlog restore --help`)",
                 fs::relative(made, data.root).string()) +
             another;
  if (fs::exists(sign)) return "start " + start + another;
  return fmt::format("if there was a log, is it mounted? For a new catalogue `touch {} && {}{}",
                     events::shell_word(sign.string()), start.substr(1), another);
}

void require_log(const Settings& settings) {
  if (!std::filesystem::exists(settings.data.log()))
    throw Failure(Exit::usage,
                  fmt::format("there is no log in {}: {}", settings.data.root.string(), advice_to_start(settings)));
}

store::Log open_log(const Settings& settings) {
  require_log(settings);
  return store::Log::open(settings.data.log(), store::Access::read);
}

std::optional<int64_t> recorded_at(const store::Log& log, events::Position position) {
  std::optional<int64_t> at_us;
  store::for_each_record(log, position, position, [&](events::schema::Record::Reader record) {
    at_us = record.getRecordedAt();
    return false;
  });
  return at_us;
}

std::optional<store::StateStore> open_state(const Settings& settings, const store::Log& log) {
  if (!std::filesystem::exists(settings.data.state() / "data.mdb")) return {};
  return store::StateStore::open(settings.data.state(), log.id(), store::Access::read);
}

std::optional<store::StateStore> usable_state(const Settings& settings, const store::Log& log) try {
  return open_state(settings, log);
} catch (const Failure& failure) {
  if (failure.code() != Exit::damaged) throw;
  tell("{}; going on without it\n", failure.what());
  return {};
}

projector::Quarantine open_quarantine(const Settings& settings, const store::Log& log) {
  return projector::Quarantine::load(settings.data.quarantine(), log.id());
}

projector::LeftOutLookup open_left_out(const Settings& settings, const store::Log& log) {
  std::unique_ptr<projector::Database> read_model;
  if (std::filesystem::exists(settings.data.current_read_model())) try {
      require_own_read_model(settings, log);
      read_model = std::make_unique<projector::Database>(settings.data.current_read_model(), projector::Open::read);
    } catch (const Failure& failure) {
      if (failure.code() != Exit::damaged) throw;  // `catlog status` says what is wrong with it
    }
  return {open_quarantine(settings, log), std::move(read_model)};
}

void require_read_model(const Settings& settings) {
  if (!std::filesystem::exists(settings.data.current_read_model()))
    throw Failure(Exit::usage, fmt::format("there is no read model in {}: {}", settings.data.root.string(),
                                           advice_to_start(settings)));
}

void require_own_read_model(const Settings& settings, const store::Log& log) {
  const auto file = settings.data.current_read_model();
  const auto checkpoint = projector::read_checkpoint(projector::Database(file, projector::Open::read));
  projector::check_belongs(checkpoint, file, log.id(), log.head());
  projector::check_history(checkpoint, file, log);
}

void require_own_read_model(const Settings& settings) {
  std::optional<store::Log> log;
  try {
    log.emplace(open_log(settings));
  } catch (const Failure&) {
    return;  // of somebody who may read the tables only
  }
  require_own_read_model(settings, *log);
}

bool is_within(const std::filesystem::path& inner, const std::filesystem::path& outer) {
  const auto part = std::filesystem::weakly_canonical(inner / "."),
             whole = std::filesystem::weakly_canonical(outer / ".");
  const auto relative = part.lexically_relative(whole);
  return !relative.empty() && *relative.begin() != "..";
}

void require_outside(const Settings& settings, const std::filesystem::path& file, const char* reason) {
  const auto root = std::filesystem::weakly_canonical(settings.data.root),
             path = std::filesystem::weakly_canonical(file);
  if (std::mismatch(root.begin(), root.end(), path.begin(), path.end()).first != root.end()) return;
  throw Failure(Exit::usage,
                fmt::format("{} is in the data directory, but {}: give another place", file.string(), reason));
}

}  // namespace catlog::cli
