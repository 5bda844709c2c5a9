#include "projector/sqlite/guard.h"

#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <condition_variable>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <fmt/format.h>

#include "projector/sqlite/statement_limits.h"

namespace catlog::projector {

using events::Exit;
using events::Failure;

namespace {

constexpr int instructions_between_looks_at_the_clock = 10'000;
constexpr std::chrono::milliseconds least_grace{250}, most_grace{10'000}, between_interrupts{20};
constexpr int max_expression_depth = 200;
constexpr int max_value_bytes = 16 << 20;  // one that is larger is made in one step, in which no clock is looked at

constexpr std::array<std::string_view, 14> looking_pragmas = {
    "collation_list", "database_list", "foreign_key_check", "foreign_key_list", "function_list",
    "index_info",     "index_list",    "index_xinfo",       "integrity_check",  "page_count",
    "quick_check",    "table_info",    "table_list",        "table_xinfo"};

// What is attached is opened to be read only, as the connection is. Before the snapshot: a transaction takes no ATTACH.
Database open_with(const std::filesystem::path& file, const std::vector<Beside>& others) {
  Database database(file, Open::read);
  for (const Beside& other : others) {
    Statement attach(database, "ATTACH ?1 AS ?2");
    attach.bind(1, std::string_view(other.file.native())).bind(2, std::string_view(other.schema)).run();
  }
  return database;
}

int interrupt_when_expired(void* guard) { return static_cast<Guard*>(guard)->expired() ? 1 : 0; }

// -?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?, as JSON has numbers.
bool is_json_number(std::string_view text) {
  const auto take_digits = [&] {
    const size_t count = std::min(text.find_first_not_of("0123456789"), text.size());
    text.remove_prefix(count);
    return count > 0;
  };
  if (text.starts_with('-')) text.remove_prefix(1);
  if (text.starts_with('0'))
    text.remove_prefix(1);
  else if (!take_digits())
    return false;
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    if (!take_digits()) return false;
  }
  if (text.starts_with('e') || text.starts_with('E')) {
    text.remove_prefix(1);
    if (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
    if (!take_digits()) return false;
  }
  return text.empty();
}

// Compared with another expression, a text would not be a number. One that SQLite cannot hold stays a text.
std::variant<int64_t, double, std::string_view> value_of(const Parameter& parameter) {
  const std::string_view text = parameter.value;
  if (parameter.is_text || !is_json_number(text)) return text;
  const char* end = text.data() + text.size();
  int64_t integer = 0;
  if (const auto read = std::from_chars(text.data(), end, integer); read.ptr == end && read.ec == std::errc())
    return integer;
  if (text.find_first_of(".eE") == std::string_view::npos) return text;
  double real = 0;
  if (std::from_chars(text.data(), end, real).ec == std::errc() && std::isfinite(real)) return real;
  return text;
}

}  // namespace

Guard::Guard(const std::filesystem::path& file, GuardOptions options)
    : options_(std::move(options)),
      database_(open_with(file, options_.beside)),
      deadline_(Clock::now() + options_.limit),
      snapshot_(database_, Transaction::Kind::read),
      checkpoint_(read_checkpoint(database_)) {
  if (options_.only_beside) find_own_tables();
  database_.run("PRAGMA query_only = ON");
  if (options_.log) log_table_.emplace(database_, *options_.log, std::min(checkpoint_.position, options_.log->head()));
  sqlite3* handle = database_.handle();
  sqlite3_limit(handle, SQLITE_LIMIT_EXPR_DEPTH, max_expression_depth);
  sqlite3_limit(handle, SQLITE_LIMIT_ATTACHED, 0);
  sqlite3_limit(handle, SQLITE_LIMIT_LENGTH, max_value_bytes);
  sqlite3_set_authorizer(handle, authorize, this);
  sqlite3_progress_handler(handle, instructions_between_looks_at_the_clock, interrupt_when_expired, this);
  timer_ = std::jthread([this](const std::stop_token& ended) { watch(ended); });
}

int Guard::authorize(void* guard, int action, const char* first, const char* second, const char* schema,
                     const char* view) {
  auto& self = *static_cast<Guard*>(guard);
  switch (action) {
    case SQLITE_SELECT:
    case SQLITE_RECURSIVE:
      return SQLITE_OK;
    case SQLITE_READ: {
      const std::string_view table = view ? view : first ? first : "";
      if (!self.is_typed_ || std::string_view(schema ? schema : "") != "main" || !self.own_tables_.contains(table))
        return SQLITE_OK;
      self.named_without_schema_ = table;
      return SQLITE_DENY;
    }
    case SQLITE_UPDATE:
      // Asked when a table-valued function (json_each, pragma_table_info) is set up; nothing is written, and a real
      // UPDATE of it fails without writable_schema.
      return std::string_view(first ? first : "") == "sqlite_master" ? SQLITE_OK : SQLITE_DENY;
    case SQLITE_FUNCTION:
      return std::string_view(second ? second : "") == "load_extension" ? SQLITE_DENY : SQLITE_OK;
    case SQLITE_PRAGMA: {
      std::string_view name = first ? first : "";
      if (std::find(looking_pragmas.begin(), looking_pragmas.end(), name) != looking_pragmas.end()) return SQLITE_OK;
      return name == "user_version" && !second ? SQLITE_OK : SQLITE_DENY;
    }
    default:
      return SQLITE_DENY;
  }
}

// "a.movies or b.movies"
std::string Guard::with_schemas() const {
  std::string names;
  for (const Beside& other : options_.beside)
    names += fmt::format("{}{}.{}", names.empty() ? "" : " or ", other.schema, named_without_schema_);
  return names;
}

// The authorizer is told no schema of a table of which no column is asked, as count(*) does, but the one that is
// written: so that a name without one is a view's, which writes it.
void Guard::find_own_tables() {
  std::string views;
  {
    Statement tables(database_,
                     "SELECT name FROM main.sqlite_schema WHERE type IN ('table', 'view') AND name NOT LIKE "
                     "'sqlite\\_%' ESCAPE '\\'");
    while (tables.step()) {
      own_tables_.emplace(tables.text(0));
      views += fmt::format("CREATE TEMP VIEW \"{0}\" AS SELECT * FROM main.\"{0}\";", tables.text(0));
    }
  }
  database_.run(Sql::generated(views));
}

// The progress handler alone is not asked while one instruction makes a large value or sorts.
void Guard::watch(const std::stop_token& ended) const {
  std::mutex mutex;
  std::condition_variable_any signal;
  std::unique_lock lock(mutex);
  const auto ends_by = [&](Clock::time_point time) {
    signal.wait_until(lock, ended, time, [&] { return ended.stop_requested(); });
    return ended.stop_requested();
  };
  if (ends_by(deadline_)) return;
  const auto overdue = deadline_ + std::clamp(options_.limit / 5, least_grace, most_grace);
  // Again and again: one that comes between two statements is forgotten.
  while (Clock::now() < overdue) {
    sqlite3_interrupt(database_.handle());
    if (ends_by(Clock::now() + between_interrupts)) return;
  }
  if (options_.at_overdue) options_.at_overdue();
}

// A mistake of the person who typed it, unless the file or the clock is at fault.
void Guard::refuse() const {
  if (log_table_) log_table_->rethrow();
  sqlite3* handle = database_.handle();
  int code = sqlite3_errcode(handle) & 0xff;
  std::string words = sqlite3_errmsg(handle);
  if (code == SQLITE_INTERRUPT && expired())
    throw Failure(
        Exit::refused,
        fmt::format("the query took longer than {} ms and was stopped",
                    (options_.limit_as_given.count() > 0 ? options_.limit_as_given : options_.limit).count()));
  if (code == SQLITE_NOMEM)
    throw Failure(Exit::refused, "the query needs more memory than it may have: ask for less at once");
  if (code == SQLITE_FULL && is_temporary_space_spent())
    throw Failure(Exit::refused,
                  "the query needs more temporary space than it may have, for what it sorts or collects: ask for less "
                  "at once");
  if (code == SQLITE_AUTH && !named_without_schema_.empty())
    throw Failure(Exit::usage, fmt::format("{} of which moment? Write {}", named_without_schema_, with_schemas()));
  if (code == SQLITE_AUTH || code == SQLITE_READONLY)
    throw Failure(Exit::usage, fmt::format("only reading is allowed here: {}", words));
  if (code == SQLITE_ERROR || code == SQLITE_RANGE || code == SQLITE_TOOBIG)
    throw Failure(Exit::usage, fmt::format("SQL: {}", words));
  throw_sqlite_error(handle, sqlite3_extended_errcode(handle), "reading the read model");
}

Statement Guard::prepare(std::string_view sql) const {
  sqlite3_stmt* prepared = nullptr;
  const char* tail = nullptr;
  is_typed_ = true;
  const int code = sqlite3_prepare_v2(database_.handle(), sql.data(), static_cast<int>(sql.size()), &prepared, &tail);
  is_typed_ = false;
  Statement statement(prepared);
  if (code != SQLITE_OK) refuse();
  if (!prepared) throw Failure(Exit::usage, "there is no statement in that SQL");
  const auto rest = sql.substr(static_cast<size_t>(tail - sql.data()));
  sqlite3_stmt* another = nullptr;  // none: space, comments and semicolons
  const int after =
      sqlite3_prepare_v2(database_.handle(), rest.data(), static_cast<int>(rest.size()), &another, nullptr);
  sqlite3_finalize(another);
  if (another || after != SQLITE_OK) throw Failure(Exit::usage, "one statement at a time, please");
  if (!sqlite3_stmt_readonly(prepared)) throw Failure(Exit::usage, "only reading is allowed here");
  return statement;
}

std::string_view Guard::text_of(const Statement& statement) { return sqlite3_sql(statement.handle()); }

namespace {
std::string without_value(std::string_view name, std::span<const Parameter> moments) {
  std::string words = fmt::format("{} has no value: give --param {}=VALUE", name, name.substr(1));
  for (const Parameter& moment : moments)
    words += fmt::format("{}:{}", &moment == moments.data() ? ", or ask for " : " or ", moment.name);
  return words;
}
}  // namespace

void Guard::bind(Statement& statement, std::span<const Parameter> parameters,
                 std::span<const Parameter> moments) const {
  for (auto each = parameters.begin(); each != parameters.end(); ++each)
    if (std::ranges::find(each + 1, parameters.end(), each->name, &Parameter::name) != parameters.end())
      throw Failure(Exit::usage, fmt::format("{} is given two values", each->name));
  std::vector<bool> is_used(parameters.size());
  for (int number = 1; number <= statement.parameters(); ++number) {
    const char* name = sqlite3_bind_parameter_name(statement.handle(), number);
    if (!name || *name == '?')
      throw Failure(Exit::usage, "a parameter of the query has no name: write :name, and give --param name=value");
    const auto given = std::ranges::find(parameters, std::string_view(name + 1), &Parameter::name);
    if (given == parameters.end()) {
      const auto moment = std::ranges::find(moments, std::string_view(name + 1), &Parameter::name);
      if (moment == moments.end()) throw Failure(Exit::usage, without_value(name, moments));
      statement.bind(number, std::string_view(moment->value));
      continue;
    }
    is_used[static_cast<size_t>(given - parameters.begin())] = true;
    std::visit([&](const auto& value) { statement.bind(number, value); }, value_of(*given));
  }
  for (size_t i = 0; i < parameters.size(); ++i)
    if (!is_used[i])
      throw Failure(Exit::usage, fmt::format("the query has no :{}, for which a value is given", parameters[i].name));
}

bool Guard::step(Statement& statement) const {
  const int code = sqlite3_step(statement.handle());
  if (code != SQLITE_ROW && code != SQLITE_DONE) refuse();
  return code == SQLITE_ROW;
}

}  // namespace catlog::projector
