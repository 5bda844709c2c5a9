#include <fmt/format.h>

#include "events/text/printable.h"
#include "projector/fold/fold_digests.h"
#include "projector/model/building_files.h"
#include "projector/model/generations.h"
#include "projector/rebuild/verify.h"
#include "projector/sqlite/schema_check.h"
#include "projector/sqlite/stored_digests.h"
#include "projector/sqlite/table_layout.h"
#include "projector/sqlite/unsynced.h"

namespace catlog::projector {

namespace fs = std::filesystem;

namespace {

// What the live file says and holds in one snapshot.
struct LiveTables {
  Checkpoint checkpoint;
  std::map<std::string, Position> streams;
  std::string columns;      // of all tables, as one text
  Digests stored, scanned;  // as the projector kept them; of the rows as they are
};

std::string all_columns(const Database& database) {
  Statement columns(database, R"(
      SELECT group_concat(t || '.' || c) FROM (
        SELECT s.name AS t, i.name AS c FROM sqlite_schema s, pragma_table_info(s.name) i
        WHERE s.type = 'table' AND s.name NOT LIKE 'sqlite\_%' ESCAPE '\' ORDER BY s.name, i.cid))");
  columns.step();
  return std::string(columns.text(0));
}

void check_file(const Database& database, std::vector<std::string>& findings) {
  Statement integrity(database, "PRAGMA integrity_check(1)");
  if (integrity.step() && integrity.text(0) != "ok")
    findings.push_back(fmt::format("{}: {}", database.file().string(), integrity.text(0)));
  for (const std::string& fault : schema_faults(database))
    findings.push_back(fmt::format("{}: {}", database.file().string(), fault));
  Statement references(database, "SELECT \"table\", rowid FROM pragma_foreign_key_check LIMIT 1");
  if (references.step())
    findings.push_back(fmt::format("{}: row {} of {} refers to nothing", database.file().string(), references.text(1),
                                   references.text(0)));
}

// Nothing when the file is damaged so that it cannot be read, which is a finding then.
std::optional<LiveTables> read_live(const fs::path& file, std::vector<std::string>& findings) {
  try {
    refuse_unsynced(file);
    Database database(file, Open::read);
    Transaction snapshot(database, Transaction::Kind::read);
    check_file(database, findings);
    return LiveTables{read_checkpoint(database), read_stream_positions(database), all_columns(database),
                      read_digests(database), scan_digests(database)};
  } catch (const FileDamaged& damaged) {
    findings.emplace_back(damaged.what());
    return {};
  } catch (const SyncFailed& failed) {
    findings.emplace_back(failed.what());
    return {};
  }
}

std::map<std::string, Position> streams_of(const Fold& fold) {
  std::map<std::string, Position> streams;
  for (const events::EntityModel& entity : events::model().entities())
    if (const Position last = fold.last_in(entity.entity)) streams[entity.table] = last;
  return streams;
}

std::string shown(const Digests& digests, const std::string& table) {
  auto found = digests.find(table);
  if (found == digests.end()) return "no digest";
  return fmt::format("{} rows {}", found->second.rows, hex(found->second));
}

// Tables whose rows are not those that the projector wrote; those whose digest is not stored say nothing.
std::vector<std::string> compare_stored(const LiveTables& live) {
  std::vector<std::string> findings;
  for (const std::string& table : digested_tables())
    if (live.stored.contains(table) && shown(live.stored, table) != shown(live.scanned, table))
      findings.push_back(fmt::format("{}: projection_digests says {}, its rows give {}", table,
                                     shown(live.stored, table), shown(live.scanned, table)));
  return findings;
}

std::vector<std::string> compare_with_fold(const LiveTables& live, const store::Log& log, const Progress& progress,
                                           std::pmr::memory_resource& memory) {
  const Position at = live.checkpoint.position;
  try {
    const Fold fold = fold_log(log, at, progress, memory);
    const Digests of_log = digests_of(fold, log);
    std::vector<std::string> findings;
    for (const std::string& table : digested_tables())
      if (shown(live.scanned, table) != shown(of_log, table))
        findings.push_back(
            fmt::format("{}: its rows give {}, the log {}", table, shown(live.scanned, table), shown(of_log, table)));
    if (fold.position() != at) findings.push_back(fmt::format("position {} is inside a command", at));
    if (streams_of(fold) != live.streams) findings.push_back("projection_streams: not the log's positions");
    if (all_columns(schema_in_memory()) != live.columns) findings.push_back("the tables are not this version's");
    return findings;
  } catch (const Contradiction& contradiction) {
    return {contradiction.what()};
  }
}

// What the projector meets next: with references enforced, which a bulk load leaves to its end.
std::optional<Standstill> try_the_rest(ReadModel& rebuilt, const store::Log& log) try {
  rebuilt.database().run("PRAGMA foreign_keys = ON");
  catch_up(rebuilt, log, whole_log);
  return {};
} catch (const Unappliable& unappliable) {
  return Standstill{.position = unappliable.position(), .reason = events::printable(unappliable.reason())};
}

// By a rebuild in order.
void compare_rows(const store::Log& log, const Quarantine& quarantine, const fs::path& live,
                  const fs::path& scratch_directory, Verification& result, std::vector<std::string>& findings,
                  const Progress& progress) {
  const fs::path scratch = own_building(scratch_directory / "verify.sqlite");
  try {
    ReadModel rebuilt(scratch, log.id(), log.head(), Writing::bulk, quarantine);
    catch_up(rebuilt, log, read_checkpoint(Database(live, Open::read)).position, progress);
    result.checked = compare_with_live(rebuilt, log, live, [&](const Difference& difference) {
      findings.push_back(to_text(difference, "the read model", "the log"));
      return findings.size() < max_findings;
    });
    if (findings.empty()) result.standstill = try_the_rest(rebuilt, log);
  } catch (...) {
    remove_database(scratch);
    throw;
  }
  remove_database(scratch);
}

void append(std::vector<std::string>& findings, const std::vector<std::string>& more) {
  findings.insert(findings.end(), more.begin(), more.end());
}

}  // namespace

Verification verify_read_model(const store::Log& log, const Quarantine& quarantine,
                               const fs::path& read_model_directory, const fs::path& scratch_directory, Depth depth,
                               const Progress& progress, std::pmr::memory_resource& memory) {
  Verification result;
  auto file = Generations(read_model_directory).current_path();
  if (!file) {
    if (log.head() != 0) result.findings.push_back("there is no read model: start the daemon or run `catlog rebuild`");
    return result;
  }
  remove_all_abandoned(scratch_directory);
  const auto live = read_live(*file, result.findings);
  if (!live) return result;
  check_belongs(live->checkpoint, *file, log.id(), log.head());
  check_history(live->checkpoint, *file, log);
  result.checked = live->checkpoint.position;
  // A fold does not see what cannot be applied without the events that are left out.
  const bool leaves_out = quarantine.leaves_out(result.checked);
  auto differing = compare_stored(*live);
  if (!leaves_out) append(differing, compare_with_fold(*live, log, progress, memory));
  if (depth == Depth::digests && differing.empty() && !leaves_out) return result;
  std::vector<std::string> by_row;
  try {
    compare_rows(log, quarantine, *file, scratch_directory, result, by_row, progress);
    // All rows are right: then it is what was written down about them that is not.
    append(result.findings, by_row.empty() ? differing : by_row);
  } catch (const std::exception& failure) {
    // What is known to differ is told, even if it cannot be named row by row.
    append(result.findings, differing);
    append(result.findings, by_row);
    if (result.findings.empty()) throw;
    result.findings.push_back(fmt::format("the rows could not be compared: {}", failure.what()));
  }
  return result;
}

}  // namespace catlog::projector
