#include "bin/cli/checkup.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "projector/query/plan.h"
#include "projector/query/reports.h"
#include "projector/sqlite/checkpoint.h"
#include "projector/sqlite/migrations.h"
#include "projector/sqlite/schema_check.h"
#include "projector/sqlite/sqlite.h"

namespace catlog::cli {

namespace fs = std::filesystem;
using events::Exit;
using events::Failure;

namespace {

constexpr events::Position much_lag = 10'000;
constexpr uint64_t large_wal_bytes = uint64_t{512} << 20;  // half of what it may become
constexpr uint64_t large_free_bytes = uint64_t{64} << 20;

int64_t pragma(const projector::Database& database, projector::Sql sql) {
  projector::Statement statement(database, sql);
  return statement.step() ? statement.integer(0) : 0;
}

void look_at_lag(const Overview& overview, Findings& findings) {
  if (overview.lag() > much_lag)
    findings.warn("lag", fmt::format("the read model is {} events behind: see whether that shrinks, and who is in its "
                                     "way (`catlog status`)",
                                     overview.lag()));
  else
    findings.ok("lag", fmt::format("the read model is {} events behind", overview.lag()));
  if (!overview.state)
    findings.warn("state", "there is no decision state that can be used: catlogd builds it again when it starts");
  else
    findings.ok("state", "the decision state can be used");
}

void look_at_wal(const fs::path& file, const Overview& overview, Findings& findings) {
  std::error_code none;
  const auto bytes = fs::file_size(file.string() + "-wal", none);
  if (overview.readers)
    findings.warn("readers", overview.readers->words);
  else
    findings.ok("readers", "none is in the read model's way");
  if (!none && bytes > large_wal_bytes)
    findings.warn("wal", fmt::format("it has {} MB: a program keeps a transaction open; end that one (RUNBOOK.md, \"A "
                                     "reader is in the way\")",
                                     bytes >> 20));
  else
    findings.ok("wal", fmt::format("it has {} MB", none ? 0 : bytes >> 20));
}

void look_at_schema(const projector::Database& database, Findings& findings) {
  const int own = static_cast<int>(projector::migrations().size());
  const int version = projector::read_checkpoint(database).schema_version;
  if (version < own)
    findings.warn("schema",
                  fmt::format("it is {}, of an earlier release; this one's is {}: catlogd brings it there when "
                              "it starts",
                              version, own));
  else if (version > own)
    findings.fault("schema", Exit::damaged,
                   fmt::format("it is {}, of a later release than this: use that one, or "
                               "`catlog rebuild`",
                               version));
  const auto faults = projector::schema_faults(database);
  for (const auto& fault : faults) {
    const bool is_harmless =
        fault.ends_with("was added") && !fault.starts_with("table") && !fault.starts_with("trigger");
    if (is_harmless)
      findings.warn("schema", fault + ": it goes with the next rebuild");
    else
      findings.fault("schema", Exit::damaged,
                     fault + ": take the right to write from whoever did it, then `catlog rebuild`");
  }
  if (version == own && faults.empty()) findings.ok("schema", "it is this release's");
}

void look_at_free_pages(const projector::Database& database, Findings& findings) {
  const auto page = static_cast<uint64_t>(pragma(database, "PRAGMA page_size"));
  const auto pages = static_cast<uint64_t>(pragma(database, "PRAGMA page_count"));
  const auto free = static_cast<uint64_t>(pragma(database, "PRAGMA freelist_count"));
  const std::string says = fmt::format("{} of {} MB are free pages", (free * page) >> 20, (pages * page) >> 20);
  if (free * 2 > pages && free * page > large_free_bytes)
    findings.warn("free pages", says + ": `catlog rebuild` makes a smaller file");
  else
    findings.ok("free pages", says);
}

void look_at_reports(const fs::path& file, Findings& findings) {
  size_t slow = 0;
  for (const auto& report : projector::reports()) {
    const auto scanned = projector::scanned_for_want_of_an_index(file, report.sql);
    if (scanned.empty()) continue;
    ++slow;
    findings.warn("reports", fmt::format("{} reads {} from end to end, for want of an index: `catlog rebuild`",
                                         report.name, fmt::join(scanned, ", ")));
  }
  if (slow == 0) findings.ok("reports", "each is answered by the indexes that are meant for it");
}

}  // namespace

void look_at_read_model(const Settings& settings, const Overview& overview, Findings& findings) try {
  if (!overview.read_model_fault.empty())
    return findings.fault("read model", overview.read_model_code, overview.read_model_fault);
  if (!overview.projected)
    return findings.warn("read model", "there is none: catlogd makes it when it starts, `catlog rebuild` sooner");
  const fs::path file = fs::canonical(settings.data.current_read_model());
  look_at_lag(overview, findings);
  look_at_wal(file, overview, findings);
  const projector::Database database(file, projector::Open::read);
  look_at_schema(database, findings);
  look_at_free_pages(database, findings);
  look_at_reports(file, findings);
} catch (const Failure& failure) {
  findings.fault("read model", failure.code(), failure.what());
} catch (const events::StorageFull& full) {
  findings.fault("read model", Exit::failure,
                 fmt::format("it cannot be read, for there is no space left on the disk ({})", full.what()));
}

}  // namespace catlog::cli
