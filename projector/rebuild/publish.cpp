#include "projector/rebuild/publish.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <set>
#include <string>
#include <string_view>

#include "events/error.h"
#include "projector/model/building_files.h"
#include "projector/sqlite/checkpoint.h"
#include "store/files/durable_file.h"
#include "store/files/own_file.h"

namespace catlog::projector {

namespace fs = std::filesystem;
using events::Exit;
using events::Failure;

namespace {

// An SQL expression for what stands in a secret column instead.
std::string stand_in(const events::EntityModel& entity, const events::Column& column) {
  if (column.format == events::Format::BCRYPT) return fmt::format("'$2b$04${:.<53}'", "");
  const bool is_unique = std::ranges::any_of(entity.indexes, [&](const events::Index& index) {
    return index.unique && std::ranges::find(index.columns, column.name) != index.columns.end();
  });
  return is_unique ? "printf('%064d', id)" : fmt::format("'{}'", events::hidden_text);
}

// One statement for each secret column of a table.
std::set<std::string> blanking_statements() {
  std::set<std::string> statements;
  for (const events::EventType& type : events::model().events()) {
    const events::EntityModel& entity = events::model().entity(type.entity);
    for (const events::Column& column : type.columns)
      if (column.secret)
        statements.insert(fmt::format("UPDATE {} SET {} = {}", entity.table, column.name, stand_in(entity, column)));
  }
  return statements;
}

std::unique_ptr<ReadModel> build_published(const store::Log& log, const Quarantine& quarantine, const fs::path& file,
                                           Position up_to, const Progress& progress) {
  store::make_own_file(file, store::private_file);
  auto model = build(log, quarantine, file, up_to, Strategy::fold, progress);
  // What is overwritten is overwritten with zeros first.
  model->database().run("PRAGMA secure_delete = ON");
  model->begin();
  for (const std::string& statement : blanking_statements()) model->database().run(Sql::generated(statement));
  // Names of rows that were left out, and what they would have been unique by; of use to a projector only.
  model->database().run("DELETE FROM projection_deviations");
  model->commit();
  return model;
}

// Nothing is written over but an earlier one.
void require_replaceable(const fs::path& file, const store::Log& log) {
  if (fs::is_directory(file))
    throw Failure(Exit::usage, fmt::format("{} is a folder: name a file in it, such as {}", file.string(),
                                           (file / "published.sqlite").string()));
  if (!store::has_own_file(file)) return;
  const auto refuse = [&](const std::string& why) {
    return Failure(Exit::usage, fmt::format("{} is there already and {}: remove it first, or give another name",
                                            file.string(), why));
  };
  if (fs::exists(file.string() + "-wal")) throw refuse("has a WAL beside it, as what is written to");
  try {
    if (read_checkpoint(Database(file, Open::read)).log_id == log.id()) return;
  } catch (const Failure&) {
    throw refuse("is no read model");
  }
  throw refuse("is one of another log");
}

}  // namespace

Position publish(const store::Log& log, const Quarantine& quarantine, const fs::path& file, const Progress& progress) {
  require_replaceable(file, log);
  remove_abandoned(file);
  const Building building(own_building(file));
  const auto model = build_published(log, quarantine, building.file(), whole_log, progress);
  const Position position = model->position();
  model->close();
  store::open_to_group(building.file());
  store::sync_path(building.file());
  store::rename_file(building.file(), file);
  store::sync_path(fs::absolute(file).parent_path());
  return position;
}

namespace {

constexpr std::string_view begin_of_databases{"SQLite format 3", 16};  // with the zero byte behind it

bool begins_as_database(const fs::path& file) {
  std::string begin(begin_of_databases.size(), ' ');
  std::ifstream(file, std::ios::binary).read(begin.data(), static_cast<std::streamsize>(begin.size()));
  return begin == begin_of_databases;
}

// Throws Failure(usage) for what is no read model at all.
Checkpoint checkpoint_of_published(const Database& database) try {
  return read_checkpoint(database);
} catch (const Failure& failure) {
  const bool is_damaged_one =
      dynamic_cast<const FileDamaged*>(&failure) != nullptr && begins_as_database(database.file());
  if (failure.code() != Exit::damaged || is_damaged_one) throw;
  throw Failure(Exit::usage, fmt::format("{} is no published read model: name a file that `catlog publish` made",
                                         database.file().string()));
}

}  // namespace

Position compare_with_published(const store::Log& log, const Quarantine& quarantine, const fs::path& published,
                                const fs::path& scratch_directory, const std::function<bool(const Difference&)>& visit,
                                const Progress& progress) {
  const Database database(published, Open::read);
  const Checkpoint checkpoint = checkpoint_of_published(database);
  check_belongs(checkpoint, published, log.id(), log.head());
  check_history(checkpoint, published, log);
  const Building building(own_building(scratch_directory / "published.sqlite"));
  const auto model = build_published(log, quarantine, building.file(), checkpoint.position, progress);
  compare_schemas(database, model->database(), visit);
  compare(database, model->database(), visit);
  return checkpoint.position;
}

}  // namespace catlog::projector
