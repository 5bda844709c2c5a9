#include "projector/model/projection.h"

#include "events/schema/record.h"

#include <kj/exception.h>

#include <fmt/format.h>

#include "events/text/datetime.h"
#include "projector/model/projection_sql.h"

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
    main.emplace_back(database, Sql::generated(sql.main));
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
  void run_main() {
    if (int64_t changed = main.front().run(); changed != 1)
      throw events::Failure(events::Exit::unapplied,
                            fmt::format("{} changes {} rows instead of one", type.name, changed));
  }

  const EventType& type;
  std::vector<Statement> before, main, touch;  // main: one; touch: none or one
  std::vector<ColumnReader> columns, row_id;   // row_id: none or one

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
  Statement& main = plan.main.front();
  plan.bind_ids(main);
  if (type.op == Op::ASSIGN) {
    for (int64_t other : events::integers_in(type.columns.front(), group)) {
      main.bind(first_column_parameter, other);
      plan.run_main();
    }
  } else {
    int parameter = first_column_parameter;
    for (ColumnReader& column : plan.columns) bind_if_used(main, parameter++, column.read(group));
    plan.run_main();
  }
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
