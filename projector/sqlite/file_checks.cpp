#include "projector/sqlite/file_checks.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "projector/sqlite/sqlite.h"

namespace catlog::projector {

namespace fs = std::filesystem;
using events::Exit;
using events::Failure;

namespace {

// The largest first, as far as their greatest row id tells, so that the last ones do not keep one thread waiting.
std::vector<std::string> tables_in(const Database& database) {
  std::vector<std::pair<int64_t, std::string>> sized;
  Statement tables(database, "SELECT name, wr FROM pragma_table_list WHERE schema = 'main' AND type = 'table'");
  while (tables.step()) {
    int64_t rows = 0;
    if (tables.integer(1) == 0) {
      Statement last(database, Sql::generated(fmt::format("SELECT max(rowid) FROM \"{}\"", tables.text(0))));
      if (last.step()) rows = last.integer(0);
    }
    sized.emplace_back(-rows, tables.text(0));
  }
  std::ranges::sort(sized);
  std::vector<std::string> names;
  for (auto& [rows, name] : sized) names.push_back(std::move(name));
  return names;
}

void check_table(const Database& database, const std::string& table) {
  Statement integrity(database, Sql::generated(fmt::format("PRAGMA integrity_check(\"{}\")", table)));
  if (integrity.step() && integrity.text(0) != "ok")
    throw Failure(Exit::damaged, fmt::format("{}: {}", database.file().string(), integrity.text(0)));
  Statement references(database, "SELECT \"table\", rowid, parent FROM pragma_foreign_key_check(?1) LIMIT 1");
  references.bind(1, std::string_view(table));
  if (!references.step()) return;
  throw Failure(Exit::damaged,
                fmt::format("{}: row {} of {} refers to a row of {} that is not there: the log's events contradict "
                            "each other",
                            database.file().string(), references.text(1), references.text(0), references.text(2)));
}

// Takes one table after the other until there are no more, or one is wrong.
class Checks {
 public:
  explicit Checks(const fs::path& file) : file_(file), tables_(tables_in(Database(file, Open::read))) {}

  std::exception_ptr run() noexcept {
    try {
      // Nothing is written, but a connection that could not write would not know the CHECK constraints: SQLite leaves
      // them out when it reads a schema for reading only.
      const Database database(file_, Open::write);
      for (size_t i = next_++; i < tables_.size(); i = next_++) check_table(database, tables_[i]);
      return {};
    } catch (...) {
      next_ = tables_.size();
      return std::current_exception();
    }
  }

 private:
  const fs::path& file_;
  std::vector<std::string> tables_;
  std::atomic<size_t> next_ = 0;
};

}  // namespace

void check_built(const fs::path& file) {
  Checks checks(file);
  std::exception_ptr theirs;
  std::thread other([&] { theirs = checks.run(); });
  const std::exception_ptr ours = checks.run();
  other.join();
  for (const auto& found : {ours, theirs})
    if (found) std::rethrow_exception(found);
}

}  // namespace catlog::projector
