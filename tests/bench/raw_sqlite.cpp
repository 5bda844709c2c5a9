#include "tests/bench/raw_sqlite.h"

#include "events/schema/vocabulary.h"

#include <algorithm>

#include <fmt/format.h>

#include "events/error.h"
#include "events/text/datetime.h"
#include "projector/model/projection_sql.h"
#include "projector/model/read_model.h"
#include "projector/sqlite/migrations.h"
#include "projector/sqlite/value.h"
#include "store/files/durable_file.h"
#include "store/records.h"
#include "tests/bench/statistics.h"

namespace catlog::bench {

using events::EventType;
using projector::Sql;

namespace {

// Readers of one event's columns, in the order of the parameters.
using Readers = std::vector<std::unique_ptr<projector::ColumnReader>>;

bool is_plain(const EventType* type) {
  return type && (type->op == events::Op::CREATE || type->op == events::Op::UPDATE) && !type->has_row_id;
}

const EventType& plain_event(uint16_t which) {
  const EventType* type = events::model().event(which);
  if (!is_plain(type))
    throw events::Failure(events::Exit::failure, fmt::format("event {} is not part of this workload", which));
  return *type;
}

void require(sqlite3* handle, int code, int wanted) {
  if (code != wanted) projector::throw_sqlite_error(handle, code, "plain SQLite");
}

}  // namespace

RawRows::RawRows(const store::Log& log, events::Position from, events::Position to, Others others) {
  std::vector<Readers> readers;
  auto add = [this](const projector::Value& value) {
    if (auto* text = std::get_if<std::string_view>(&value)) {
      cells_.emplace_back(Text{text_.size(), text->size()});
      text_ += *text;
    } else if (auto* integer = std::get_if<int64_t>(&value)) {
      cells_.emplace_back(*integer);
    } else if (auto* real = std::get_if<double>(&value)) {
      cells_.emplace_back(*real);
    } else {
      cells_.emplace_back();
    }
  };
  store::for_each_record(log, from, to, [&](events::schema::Record::Reader record) {
    auto which = static_cast<uint16_t>(record.getEvent().which());
    if (others == Others::left_out && !is_plain(events::model().event(which))) return true;
    const EventType& type = plain_event(which);
    if (readers.size() <= which) readers.resize(size_t{which} + 1);
    if (readers[which].empty())
      for (const events::Column* column : projector::bound_columns(type))
        readers[which].push_back(std::make_unique<projector::ColumnReader>(*column));
    rows_.push_back({which, cells_.size()});
    add(record.getStreamId());
    add(std::string_view(events::to_sql_datetime(record.getRecordedAt())));
    add(record.getStreamId());
    auto group = capnp::DynamicStruct::Reader(record.getEvent()).get(type.field).as<capnp::DynamicStruct>();
    for (auto& reader : readers[which]) add(reader->read(group));
    return true;
  });
  rows_.push_back({0, cells_.size()});
}

RawSqlite::RawSqlite(const std::filesystem::path& file, RawMode mode) : database_(file, projector::Open::create) {
  if (mode == RawMode::live) {
    database_.run(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -65536;"
        "PRAGMA journal_size_limit = 402653184");  // as ReadModel has it
  } else {
    database_.run(
        "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA locking_mode = EXCLUSIVE;"
        "PRAGMA cache_size = -262144");
  }
  projector::migrate(database_);
  database_.run("PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY");
  if (mode == RawMode::live) return;
  database_.run("PRAGMA foreign_keys = OFF");
  deferred_indexes_ = projector::drop_indexes(database_, projector::Indexes::unread_by_projection);
}

RawSqlite::~RawSqlite() { statements_.clear(); }

sqlite3_stmt* RawSqlite::statement(uint16_t which) {
  if (statements_.size() <= which) statements_.resize(size_t{which} + 1);
  auto& statement = statements_[which];
  if (!statement) {
    // A plain insert, where the projection must be ready for a row that is there already.
    const std::string sql = projector::sql_of(plain_event(which)).main;
    statement =
        std::make_unique<projector::Statement>(database_, Sql::generated(sql.substr(0, sql.find(" ON CONFLICT"))));
  }
  return statement->handle();
}

void RawSqlite::write_row(const RawRows& rows, size_t number) {
  const auto& row = rows.rows()[number];
  sqlite3_stmt* prepared = statement(row.which);
  int last = sqlite3_bind_parameter_count(prepared), parameter = 0;
  for (size_t i = row.first_cell; i < rows.rows()[number + 1].first_cell && parameter < last; ++i) {
    const auto& cell = rows.cells()[i];
    ++parameter;
    if (auto* text = std::get_if<RawRows::Text>(&cell)) {
      sqlite3_bind_text(prepared, parameter, rows.text().data() + text->at, static_cast<int>(text->size), nullptr);
    } else if (auto* integer = std::get_if<int64_t>(&cell)) {
      sqlite3_bind_int64(prepared, parameter, *integer);
    } else if (auto* real = std::get_if<double>(&cell)) {
      sqlite3_bind_double(prepared, parameter, *real);
    } else {
      sqlite3_bind_null(prepared, parameter);
    }
  }
  require(database_.handle(), sqlite3_step(prepared), SQLITE_DONE);
  sqlite3_reset(prepared);
}

std::vector<double> RawSqlite::write(const RawRows& rows, size_t rows_per_transaction) {
  std::vector<double> transaction_us;
  projector::Statement begin(database_, "BEGIN IMMEDIATE"), commit(database_, "COMMIT");
  for (size_t number = 0; number < rows.size();) {
    int64_t begin_ns = now_ns();
    begin.run();
    for (size_t end = std::min(rows.size(), number + rows_per_transaction); number < end; ++number)
      write_row(rows, number);
    commit.run();
    if (database_.wal_pages() >= projector::WriteBackOptions{}.from) database_.run("PRAGMA wal_checkpoint(PASSIVE)");
    transaction_us.push_back(static_cast<double>(now_ns() - begin_ns) / 1'000);
  }
  return transaction_us;
}

void RawSqlite::finish() {
  statements_.clear();
  database_.run(Sql::generated(deferred_indexes_));
  store::sync_path(database_.file());
}

}  // namespace catlog::bench
