#include "projector/query.h"

#include <algorithm>
#include <ostream>
#include <thread>

#include <fmt/format.h>

#include "projector/guard.h"
#include "projector/rows_out.h"

namespace catlog::projector {

using events::Exit;
using events::Failure;

namespace {

constexpr std::chrono::milliseconds look_again_after{5};

// A mistake of the person who typed it, unless the file or the clock is at fault.
[[noreturn]] void refuse(const Guard& guard, const QueryLimits& limits) {
  sqlite3* handle = guard.database().handle();
  int code = sqlite3_errcode(handle) & 0xff;
  std::string words = sqlite3_errmsg(handle);
  if (code == SQLITE_INTERRUPT && guard.expired())
    throw Failure(Exit::refused, fmt::format("the query took longer than {} ms and was stopped", limits.run.count()));
  if (code == SQLITE_AUTH || code == SQLITE_READONLY)
    throw Failure(Exit::usage, fmt::format("only reading is allowed here: {}", words));
  if (code == SQLITE_ERROR || code == SQLITE_RANGE || code == SQLITE_TOOBIG)
    throw Failure(Exit::usage, fmt::format("SQL: {}", words));
  throw_sqlite_error(handle, sqlite3_extended_errcode(handle), "reading the read model");
}

bool only_space(std::string_view text) { return text.find_first_not_of(" \t\r\n;") == std::string_view::npos; }

void run_typed(const Guard& guard, std::string_view sql, Format format, const QueryLimits& limits, std::ostream& out) {
  sqlite3_stmt* raw = nullptr;
  const char* tail = nullptr;
  int code = sqlite3_prepare_v2(guard.database().handle(), sql.data(), static_cast<int>(sql.size()), &raw, &tail);
  std::unique_ptr<sqlite3_stmt, int (*)(sqlite3_stmt*)> statement(raw, sqlite3_finalize);
  if (code != SQLITE_OK) refuse(guard, limits);
  if (!raw) throw Failure(Exit::usage, "there is no statement in that SQL");
  if (!only_space(sql.substr(static_cast<size_t>(tail - sql.data()))))
    throw Failure(Exit::usage, "one statement at a time, please");
  if (!sqlite3_stmt_readonly(raw)) throw Failure(Exit::usage, "only reading is allowed here");
  RowsOut rows(raw, format, out);
  while ((code = sqlite3_step(raw)) == SQLITE_ROW) rows.row();
  if (code != SQLITE_DONE) refuse(guard, limits);
  rows.finish();
}

}  // namespace

std::optional<Format> format_named(std::string_view name) {
  if (name == "table") return Format::table;
  if (name == "csv") return Format::csv;
  if (name == "json") return Format::json;
  if (name == "markdown") return Format::markdown;
  return std::nullopt;
}

Answer run_query(const std::filesystem::path& file, std::string_view sql, Format format, const QueryLimits& limits,
                 std::ostream& out, const std::optional<std::filesystem::path>& today) {
  Guard guard(file, Guard::Clock::now() + limits.run, today);
  auto left_out = read_left_out(guard.database());
  run_typed(guard, sql, format, limits, out);
  return {guard.checkpoint(), std::move(left_out)};
}

void wait_for_position(const std::filesystem::path& link, Position position, const QueryLimits& limits) {
  auto deadline = std::chrono::steady_clock::now() + limits.wait;
  for (Position reached = 0;;) {
    // Opened anew each time: another generation may take its place meanwhile.
    if (std::filesystem::exists(link)) reached = read_checkpoint(Database(link, Open::read)).position;
    if (reached >= position) return;
    if (std::chrono::steady_clock::now() >= deadline) {
      throw Failure(Exit::unreachable,
                    fmt::format("the read model is at position {} and did not reach {} within {} ms: "
                                "is catlogd running? `catlog status` tells",
                                reached, position, limits.wait.count()));
    }
    std::this_thread::sleep_for(look_again_after);
  }
}

}  // namespace catlog::projector
