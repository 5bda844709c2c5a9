#include "projector/model/projection.h"

#include "events/schema/record.h"

#include <optional>

#include <kj/exception.h>

#include <fmt/format.h>

#include "events/text/datetime.h"
#include "projector/model/projection_sql.h"
#include "projector/model/row_write.h"

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

struct Projection::Plan {
  Plan(const Database& database, const EventType& event) : type(event) {
    EventSql sql = sql_of(event);
    for (const std::string& text : sql.before) before.emplace_back(database, Sql::generated(text));
    if (event.op == Op::CREATE || event.op == Op::UPDATE)
      row.emplace(database, event);
    else
      main.emplace(database, Sql::generated(sql.main));
    if (!sql.touch.empty()) touch.emplace_back(database, Sql::generated(sql.touch));
    for (const events::Column* column : bound_columns(event)) columns.emplace_back(*column);
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
  void run_main(Statement& statement) {
    if (int64_t changed = statement.run(); changed != 1)
      throw events::Failure(events::Exit::unapplied,
                            fmt::format("{} changes {} rows instead of one", type.name, changed));
  }

  void write(capnp::AnyStruct::Reader group) {
    if (type.op == Op::ASSIGN) {
      bind_ids(*main);
      for (int64_t other : events::integers_in(type.columns.front(), group)) {
        main->bind(first_column_parameter, other);
        run_main(*main);
      }
      return;
    }
    values.clear();
    for (ColumnReader& column : columns) values.push_back(column.read(group));
    Statement& statement = row ? row->choose(id, values) : *main;
    bind_ids(statement);
    int parameter = first_column_parameter;
    for (const Value& value : values) bind_if_used(statement, parameter++, value);
    run_main(statement);
  }

  const EventType& type;
  std::vector<Statement> before, touch;  // touch: none or one
  std::optional<Statement> main;         // of all but creations and updates
  std::optional<RowWrite> row;
  std::vector<ColumnReader> columns, row_id;  // row_id: none or one

  // The event at hand.
  Value id;
  std::vector<Value> values;
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

void Projection::apply_group(const events::RecordReader& record, const EventType& type) {
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
  plan.write(group);
  for (Statement& statement : plan.touch) {
    plan.bind_ids(statement);
    if (statement.run() != 1)
      throw events::Failure(events::Exit::unapplied, fmt::format("{} finds no row of its owner", type.name));
  }
}

// Whatever is wrong with the event itself is told together with its position; the disk's failures are not the event's.
void Projection::apply(const events::RecordReader& record) {
  try {
    uint16_t which = static_cast<uint16_t>(record.getEvent().which());
    const EventType* type = events::model().event(which);
    if (!type) throw Unappliable(record.getPosition(), fmt::format("this version does not know event {}", which));
    apply_group(record, *type);
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
