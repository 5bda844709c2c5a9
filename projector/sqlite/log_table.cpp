#include "projector/sqlite/log_table.h"

#include "events/schema/record.h"

#include <sqlite3.h>

#include <exception>
#include <optional>
#include <string>
#include <vector>

#include "events/error.h"
#include "events/position.h"
#include "events/schema/model.h"
#include "events/text/datetime.h"
#include "events/text/uuid.h"
#include "store/records.h"

namespace catlog::projector {

using store::Position;

struct LogSource {
  const store::Log& log;
  Position last;
  std::exception_ptr failure = nullptr;
};

namespace {

constexpr const char* declared_columns = R"(CREATE TABLE log_events (position INTEGER, recordedAt TEXT, stream TEXT,
  streamId INTEGER, version INTEGER, event TEXT, commandId TEXT, correlationId TEXT, userId INTEGER, ipAddress TEXT,
  userAgent TEXT, bytes INTEGER))";
enum class Column {
  position,
  recorded_at,
  stream,
  stream_id,
  version,
  event,
  command_id,
  correlation_id,
  user_id,
  ip_address,
  user_agent,
  bytes
};

// Records are read so many at a time, and copied: a statement may take its time between two rows.
constexpr Position records_at_once = 256;
constexpr double events_assumed = 1e7;  // for SQLite's choice among plans

// A condition that narrows the range, as a letter of the index's name: which end, of positions or of times.
constexpr char from_position = 'p', up_to_position = 'P', from_time = 't', up_to_time = 'T';

struct Table : sqlite3_vtab {
  explicit Table(LogSource& of) : sqlite3_vtab{}, source(of) {}
  LogSource& source;
};

class Cursor : public sqlite3_vtab_cursor {
 public:
  explicit Cursor(LogSource& source) : sqlite3_vtab_cursor{}, source_(source) {}

  void seek(Position first, Position last) {
    next_ = first;
    last_ = last;
    read_.clear();
    at_ = 0;
    advance();
  }
  void advance() {
    record_.reset();
    if (at_ == read_.size()) read_more();
    if (at_ < read_.size()) record_.emplace(std::as_bytes(std::span(read_[at_++])));
  }
  bool is_at_end() const { return !record_; }
  events::RecordReader record() const { return record_->root(); }
  size_t record_bytes() const { return read_[at_ - 1].size() * sizeof(uint64_t); }

 private:
  void read_more() {
    read_.clear();
    at_ = 0;
    const auto snapshot = source_.log.snapshot();
    for (; next_ <= last_ && read_.size() < records_at_once; ++next_) {
      const store::Bytes bytes = snapshot.read(next_);
      auto& words = read_.emplace_back(bytes.size() / sizeof(uint64_t));  // aligned as a record must be
      std::ranges::copy(bytes, std::as_writable_bytes(std::span(words)).begin());
    }
  }

  LogSource& source_;
  Position next_ = 1, last_ = 0;
  std::vector<std::vector<uint64_t>> read_;
  size_t at_ = 0;
  std::optional<events::RecordView> record_;
};

// What SQLite calls may not throw.
template <class Work>
int guarded(LogSource& source, Work&& work) {
  try {
    work();
    return SQLITE_OK;
  } catch (...) {
    source.failure = events::current_failure();
    return SQLITE_ERROR;
  }
}

// The first position whose time, as a text, is this one or later (behind: only later); last + 1: none. Times never
// decrease along the log, and their texts are in the order of times.
enum class Bound { at, behind };
Position first_at(const LogSource& source, std::string_view time, Bound bound) {
  const auto snapshot = source.log.snapshot();
  Position low = 1, high = source.last + 1;
  while (low < high) {
    const Position middle = low + (high - low) / 2;
    const auto text = store::visit_record(middle, snapshot.read(middle), [](const events::RecordReader& record) {
      return events::sql_datetime(record.getRecordedAt());
    });
    const bool is_before = bound == Bound::behind ? events::text_of(text) <= time : events::text_of(text) < time;
    (is_before ? low : high) = is_before ? middle + 1 : middle;
  }
  return low;
}

int connect(sqlite3* handle, void* source, int, const char* const*, sqlite3_vtab** table, char**) {
  if (const int code = sqlite3_declare_vtab(handle, declared_columns)) return code;
  *table = new Table(*static_cast<LogSource*>(source));
  return SQLITE_OK;
}

int disconnect(sqlite3_vtab* table) {
  delete static_cast<Table*>(table);
  return SQLITE_OK;
}

// The letters of a condition; SQLite looks at the rows again, so that a range may be too wide.
std::string_view narrowed_by(const sqlite3_index_info::sqlite3_index_constraint& constraint) {
  const bool is_position = constraint.iColumn == static_cast<int>(Column::position);
  if (!constraint.usable || (!is_position && constraint.iColumn != static_cast<int>(Column::recorded_at))) return {};
  switch (constraint.op) {
    case SQLITE_INDEX_CONSTRAINT_EQ:
      return is_position ? "pP" : "tT";
    case SQLITE_INDEX_CONSTRAINT_GT:
    case SQLITE_INDEX_CONSTRAINT_GE:
      return is_position ? "p" : "t";
    case SQLITE_INDEX_CONSTRAINT_LT:
    case SQLITE_INDEX_CONSTRAINT_LE:
      return is_position ? "P" : "T";
    default:
      return {};
  }
}

// The index's name is, for each argument in order, the letters of its condition and a space.
int best_index(sqlite3_vtab*, sqlite3_index_info* info) {
  std::string name;
  int arguments = 0;
  double events = events_assumed;
  for (int i = 0; i < info->nConstraint; ++i) {
    const std::string_view letters = narrowed_by(info->aConstraint[i]);
    if (letters.empty()) continue;
    info->aConstraintUsage[i].argvIndex = ++arguments;
    name.append(letters).push_back(' ');
    events = letters == "pP" ? 1 : events / (letters.size() == 2 ? 1'000 : 4);
  }
  info->estimatedCost = events;
  info->estimatedRows = static_cast<sqlite3_int64>(events) + 1;
  info->orderByConsumed = info->nOrderBy == 1 && !info->aOrderBy[0].desc &&
                          (info->aOrderBy[0].iColumn == static_cast<int>(Column::position) ||
                           info->aOrderBy[0].iColumn == static_cast<int>(Column::recorded_at));
  info->idxStr = sqlite3_mprintf("%s", arguments == 0 ? log_from_end_to_end : name.c_str());
  info->needToFreeIdxStr = 1;
  return info->idxStr ? SQLITE_OK : SQLITE_NOMEM;
}

int open(sqlite3_vtab* table, sqlite3_vtab_cursor** cursor) {
  *cursor = new Cursor(static_cast<Table*>(table)->source);
  return SQLITE_OK;
}

int close(sqlite3_vtab_cursor* cursor) {
  delete static_cast<Cursor*>(cursor);
  return SQLITE_OK;
}

struct Range {
  Position first, last;
};

void narrow(const LogSource& source, Range& range, char letter, sqlite3_value* value) {
  const int type = sqlite3_value_type(value);
  const bool is_position = letter == from_position || letter == up_to_position;
  // A value of another type is compared by type: that is SQLite's to do.
  if (is_position && type != SQLITE_INTEGER) return;
  if (!is_position && type != SQLITE_TEXT) return;
  if (is_position) {
    const auto given = static_cast<Position>(std::max<int64_t>(0, sqlite3_value_int64(value)));
    if (letter == from_position)
      range.first = std::max(range.first, given);
    else
      range.last = std::min(range.last, given);
    return;
  }
  const std::string_view time(reinterpret_cast<const char*>(sqlite3_value_text(value)),
                              static_cast<size_t>(sqlite3_value_bytes(value)));
  if (letter == from_time)
    range.first = std::max(range.first, first_at(source, time, Bound::at));
  else
    range.last = std::min(range.last, first_at(source, time, Bound::behind) - 1);
}

int filter(sqlite3_vtab_cursor* at, int, const char* name, int arguments, sqlite3_value** values) {
  auto& source = static_cast<Table*>(at->pVtab)->source;
  return guarded(source, [&] {
    Range range{1, source.last};
    for (; arguments > 0 && *name != '\0'; ++name) {
      if (*name == ' ')
        ++values;
      else
        narrow(source, range, *name, *values);
    }
    static_cast<Cursor*>(at)->seek(range.first, range.last);
  });
}

int next(sqlite3_vtab_cursor* at) {
  return guarded(static_cast<Table*>(at->pVtab)->source, [&] { static_cast<Cursor*>(at)->advance(); });
}

int is_at_end(sqlite3_vtab_cursor* at) { return static_cast<Cursor*>(at)->is_at_end() ? 1 : 0; }

int row_id(sqlite3_vtab_cursor* at, sqlite3_int64* id) {
  *id = static_cast<sqlite3_int64>(static_cast<Cursor*>(at)->record().getPosition());
  return SQLITE_OK;
}

void give(sqlite3_context* context, std::string_view text) {
  sqlite3_result_text(context, text.data(), static_cast<int>(text.size()), SQLITE_TRANSIENT);
}
void give(sqlite3_context* context, uint64_t number) {
  sqlite3_result_int64(context, static_cast<sqlite3_int64>(number));
}
void give_text_if_any(sqlite3_context* context, capnp::Text::Reader text) {
  if (text.size() != 0) give(context, std::string_view(text.begin(), text.size()));
}

void give_column(sqlite3_context* context, const Cursor& at, Column column) {
  const events::RecordReader record = at.record();
  switch (column) {
    case Column::position:
      return give(context, record.getPosition());
    case Column::recorded_at:
      return give(context, events::text_of(events::sql_datetime(record.getRecordedAt())));
    case Column::stream:
      return give(context, events::model().entity(record.getStream()).table);
    case Column::stream_id:
      return sqlite3_result_int64(context, record.getStreamId());
    case Column::version:
      return give(context, record.getStreamVersion());
    case Column::event:
      if (const auto* type = events::model().event(static_cast<uint16_t>(record.getEvent().which())))
        give(context, type->name);
      return;
    case Column::command_id:
      return give(context, events::to_string(events::uuid_of(record.getCommandId())));
    case Column::correlation_id:
      return give_text_if_any(context, record.getCorrelationId());
    case Column::user_id:
      if (const int64_t user = record.getActor().getUserId(); user != events::absent_int)
        sqlite3_result_int64(context, user);
      return;
    case Column::ip_address:
      return give_text_if_any(context, record.getActor().getIpAddress());
    case Column::user_agent:
      return give_text_if_any(context, record.getActor().getUserAgent());
    case Column::bytes:
      return give(context, at.record_bytes());
  }
}

int column(sqlite3_vtab_cursor* at, sqlite3_context* context, int number) {
  return guarded(static_cast<Table*>(at->pVtab)->source,
                 [&] { give_column(context, *static_cast<Cursor*>(at), static_cast<Column>(number)); });
}

// Without xCreate it is there under its name, in every schema, and nothing has to be written for it.
const sqlite3_module log_events = [] {
  sqlite3_module module{};
  module.xConnect = connect;
  module.xBestIndex = best_index;
  module.xDisconnect = disconnect;
  module.xOpen = open;
  module.xClose = close;
  module.xFilter = filter;
  module.xNext = next;
  module.xEof = is_at_end;
  module.xColumn = column;
  module.xRowid = row_id;
  return module;
}();

}  // namespace

LogTable::LogTable(const Database& database, const store::Log& log, Position last)
    : source_(std::make_unique<LogSource>(log, last)) {
  const int code = sqlite3_create_module(database.handle(), "log_events", &log_events, source_.get());
  if (code != SQLITE_OK) throw_sqlite_error(database.handle(), code, "making the table log_events");
}

LogTable::~LogTable() = default;

void LogTable::rethrow() const {
  if (source_->failure) std::rethrow_exception(source_->failure);
}

}  // namespace catlog::projector
