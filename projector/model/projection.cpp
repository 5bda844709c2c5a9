#include "projector/model/projection.h"

#include "events/schema/record.h"

#include <algorithm>
#include <optional>

#include <kj/exception.h>

#include <fmt/format.h>

#include "events/text/datetime.h"
#include "projector/model/projection_sql.h"
#include "projector/sqlite/digest_keeper.h"
#include "projector/sqlite/table_layout.h"

namespace catlog::projector {

using events::EventType;
using events::Op;

namespace {
// Statements get all parameters of the plan, but do not all use them.
void bind_if_used(Statement& statement, int parameter, const Value& value) {
  if (parameter <= statement.parameters()) bind(statement, parameter, value);
}

}  // namespace

Unappliable::Unappliable(Position position, const std::string& reason)
    : Failure(events::Exit::unapplied, fmt::format("the event at position {} cannot be applied: {}", position, reason)),
      position_(position),
      reason_(reason) {}

namespace {

// The row that a statement writes, for the keeper of digests.
struct WrittenRow {
  WrittenRow(TableLayout of_table, const EventType& type, const std::vector<ColumnReader>& bound)
      : layout(std::move(of_table)), by_column(bound.size()) {
    const events::EntityModel& entity = events::model().entity(type.entity);
    written.table = layout.table;
    for (const TableLayout::Column& column : layout.columns) {
      const size_t cell = written.cells.size();
      const auto set_by = std::ranges::find(bound, column.name, [](const auto& each) { return each.column().name; });
      const bool is_updated = column.name == entity.updated;
      written.cells.push_back({column.default_value, set_by == bound.end() && !is_updated});
      if (set_by != bound.end()) by_column[static_cast<size_t>(set_by - bound.begin())] = cell;
      if (column.name == "id") id.push_back(cell);
      if (column.name == entity.owner) owner.push_back(cell);
      if (column.name == entity.created || is_updated) times.push_back(cell);
    }
  }
  void set(const std::vector<size_t>& which, const Value& value) {
    for (const size_t cell : which) written.cells[cell].value = value;
  }

  TableLayout layout;  // whose defaults the cells view
  RowWritten written;
  std::vector<size_t> by_column, id, owner, times;  // cells, the first by bound column
};

// The keeper expects the row while this lives.
class Expectation {
 public:
  Expectation(DigestKeeper* digests, const RowWritten* row) : digests_(digests) {
    if (digests_) digests_->expect(row);
  }
  Expectation(const Expectation&) = delete;
  ~Expectation() {
    if (digests_) digests_->expect(nullptr);
  }

 private:
  DigestKeeper* digests_;
};

}  // namespace

struct Projection::Plan {
  Plan(const Database& database, const EventType& event) : type(event) {
    EventSql sql = sql_of(event);
    for (const std::string& text : sql.before) before.emplace_back(database, Sql::generated(text));
    main.emplace_back(database, Sql::generated(sql.main));
    if (!sql.existing.empty()) existing.emplace_back(database, Sql::generated(sql.existing));
    if (!sql.touch.empty()) touch.emplace_back(database, Sql::generated(sql.touch));
    for (const events::Column* column : bound_columns(event)) columns.emplace_back(*column);
    if (type.op == Op::CREATE || type.op == Op::UPDATE)
      row.emplace(layout_of(database, events::model().entity(type.entity).table), type, columns);
    if (!event.has_row_id) return;
    for (const events::Column& column : event.columns)
      if (column.name == "id") row_id.emplace_back(column);
    CATLOG_CHECK(row_id.size() == 1);
  }

  void bind_ids(Statement& statement) {
    bind_if_used(statement, id_parameter, id);
    bind_if_used(statement, recorded_at_parameter, events::text_of(recorded_at));
    bind_if_used(statement, owner_parameter, owner);
  }
  void run_main() {
    int64_t changed = main.front().run();
    if (changed == 0 && !existing.empty()) changed = run_existing();
    if (changed != 1)
      throw events::Failure(events::Exit::unapplied,
                            fmt::format("{} changes {} rows instead of one", type.name, changed));
  }

  int64_t run_existing() {
    Statement& statement = existing.front();
    bind_ids(statement);
    for (size_t i = 0; i < columns.size(); ++i)
      bind_if_used(statement, first_column_parameter + static_cast<int>(i),
                   row->written.cells[row->by_column[i]].value);
    return statement.run();
  }

  // Binds the event's columns, and takes their values for the row that is written.
  void bind_columns(capnp::AnyStruct::Reader group) {
    Statement& statement = main.front();
    for (size_t i = 0; i < columns.size(); ++i) {
      const Value value = columns[i].read(group);
      bind_if_used(statement, first_column_parameter + static_cast<int>(i), value);
      if (row) row->written.cells[row->by_column[i]].value = value;
    }
    if (!row) return;
    row->set(row->id, id);
    row->set(row->owner, owner);
    row->set(row->times, events::text_of(recorded_at));
  }
  // A row without an id gets one from SQLite.
  const RowWritten* expected() const { return row && std::holds_alternative<int64_t>(id) ? &row->written : nullptr; }

  const EventType& type;
  std::vector<Statement> before, main, existing, touch;  // main: one; existing, touch: none or one
  std::vector<ColumnReader> columns, row_id;             // row_id: none or one
  std::optional<WrittenRow> row;                         // what main writes, where that is one row of columns

  // The event at hand.
  Value id;
  int64_t owner = 0;
  events::SqlDatetime recorded_at{};
};

Projection::Projection(Database& database) : database_(&database) {}
Projection::~Projection() = default;
Projection::Projection(Projection&&) noexcept = default;

Projection::Plan& Projection::plan_of(const EventType& type) {
  if (plans_.size() <= type.which) plans_.resize(size_t{type.which} + 1);
  auto& plan = plans_[type.which];
  if (!plan) plan = std::make_unique<Plan>(*database_, type);
  return *plan;
}

void Projection::apply_group(const events::RecordReader& record, const EventType& type, DigestKeeper* digests) {
  Plan& plan = plan_of(type);
  capnp::AnyStruct::Reader group;
  if (!type.columns.empty()) group = events::columns_in(type, record);

  plan.owner = record.getStreamId();
  plan.id = plan.row_id.empty() ? Value(plan.owner) : plan.row_id.front().read(group);
  plan.recorded_at = events::sql_datetime(record.getRecordedAt());
  for (Statement& statement : plan.before) {
    plan.bind_ids(statement);
    statement.run();
  }
  Statement& main = plan.main.front();
  plan.bind_ids(main);
  if (type.op == Op::ASSIGN) {
    for (int64_t other : events::integers_in(type.columns.front(), group)) {
      main.bind(first_column_parameter, other);
      plan.run_main();
    }
  } else {
    plan.bind_columns(group);
    const Expectation expectation(digests, plan.expected());
    plan.run_main();
  }
  for (Statement& statement : plan.touch) {
    plan.bind_ids(statement);
    if (statement.run() != 1)
      throw events::Failure(events::Exit::unapplied, fmt::format("{} finds no row of its owner", type.name));
  }
}

// Whatever is wrong with the event itself is told together with its position; the disk's failures are not the event's.
void Projection::apply(const events::RecordReader& record, DigestKeeper* digests) {
  try {
    uint16_t which = static_cast<uint16_t>(record.getEvent().which());
    const EventType* type = events::model().event(which);
    if (!type) throw Unappliable(record.getPosition(), fmt::format("this version does not know event {}", which));
    apply_group(record, *type, digests);
  } catch (const ConstraintViolated& violated) {
    throw Unappliable(record.getPosition(), violated.what());
  } catch (const kj::Exception& damaged) {
    throw Unappliable(record.getPosition(), damaged.getDescription().cStr());
  } catch (const Unappliable&) {
    throw;
  } catch (const events::Failure& failure) {
    if (failure.code() != events::Exit::unapplied) throw;
    throw Unappliable(record.getPosition(), failure.what());
  }
}

}  // namespace catlog::projector
