#include "events/schema/record.h"

#include <rapidcheck.h>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

#include "projector/history/explain.h"
#include "projector/history/history.h"
#include "projector/rebuild/rebuild.h"
#include "tests/support/in_memory.h"
#include "tests/support/random_events.h"
#include "tests/support/read_models.h"
#include "tests/support/soak.h"
#include "tests/support/suite.h"
#include "tests/support/temporary_directory.h"

BOOST_AUTO_TEST_SUITE(history_test)

using namespace catlog;
using namespace catlog::tests;
using events::Entity;
using projector::Scope;

namespace {

const OfSuite<InMemory> in_memory;
const OfSuite<FewCasesSanitized> few_cases_sanitized;

constexpr size_t least_commands = 20, max_commands = 200;
constexpr uint64_t scripts_for_every_table = 8;

using Values = std::map<std::string, std::optional<std::string>>;

std::optional<std::string> text_of(const projector::Statement& row, int column) {
  switch (row.type(column)) {
    case projector::ColumnType::null:
      return {};
    case projector::ColumnType::integer:
      return projector::to_text(projector::Value(row.integer(column)));
    case projector::ColumnType::real:
      return projector::to_text(projector::Value(row.real(column)));
    default:
      return std::string(row.text(column));
  }
}

// What columns hold that no event sets.
Values defaults_of(const projector::Database& database, const std::string& table) {
  Values defaults;
  projector::Statement columns(database, "SELECT name, dflt_value FROM pragma_table_info(?1)");
  columns.bind(1, std::string_view(table));
  while (columns.step()) {
    const std::string literal(columns.text(1));
    std::optional<std::string> value;
    if (!columns.is_null(1)) value = one_value(database, "SELECT " + literal);
    defaults[std::string(columns.text(0))] = value;
  }
  return defaults;
}

using Rows = std::map<std::pair<int64_t, int64_t>, Values>;  // by id and, of a link, other

Rows rows_of(const projector::Database& database, const events::EntityModel& entity) {
  Rows rows;
  projector::Statement select(database, projector::Sql::generated("SELECT * FROM " + entity.table));
  while (select.step()) {
    Values values;
    for (int i = 0; i < select.columns(); ++i) values[std::string(select.name(i))] = text_of(select, i);
    rows[{select.integer(0), entity.is_link ? select.integer(1) : 0}] = values;
  }
  return rows;
}

// Plays a row's history from nothing; every entry must begin where the one before ended.
std::optional<Values> replayed(const std::vector<projector::HistoryEntry>& history) {
  Values values;
  bool is_there = false;
  for (const auto& entry : history) {
    for (const auto* fields : {&entry.changes, &entry.times})
      for (const auto& change : *fields) {
        RC_ASSERT(change.before == values[change.field]);
        RC_ASSERT(change.before != change.after);
        values[change.field] = change.after;
      }
    for (const auto& column : entry.rewritten) values.try_emplace(column);
    is_there = entry.row_is_there;
    if (is_there) continue;
    for (const auto& [column, value] : values) RC_ASSERT(!value);
    values.clear();
  }
  if (!is_there) return {};
  return values;
}

// Every id that events carry for the entity, those of removed rows too.
std::set<std::pair<int64_t, int64_t>> ids_ever(const RecordScript& script, const events::EntityModel& entity) {
  std::set<std::pair<int64_t, int64_t>> ids;
  for (events::Position at = 1; at <= script.head(); ++at) {
    const events::RecordView view(script.bytes(at));
    const auto record = view.root();
    const auto* type = events::model().event(static_cast<uint16_t>(record.getEvent().which()));
    if (type->entity != entity.entity) continue;
    capnp::DynamicStruct::Reader group;
    if (!type->columns.empty())
      group = capnp::DynamicStruct::Reader(record.getEvent()).get(type->field).as<capnp::DynamicStruct>();
    const int64_t owner = record.getStreamId();
    if (!entity.is_link)
      ids.emplace(type->has_row_id ? group.get("id").as<int64_t>() : owner, 0);
    else if (type->op == events::Op::ASSIGN)
      for (int64_t other : group.get(type->columns[0].field).as<capnp::List<int64_t>>()) ids.emplace(owner, other);
    else
      ids.emplace(owner, group.get(type->columns[0].field).as<int64_t>());
  }
  return ids;
}

void check_explanation(const std::vector<projector::HistoryEntry>& history, const Scope& scope,
                       const projector::Database& database, const Values& row, const std::string& column,
                       events::Position head) {
  const auto events = projector::explain(history, column);
  const auto present = projector::read_cell(database, scope, column);
  RC_ASSERT(present.row_is_there);
  RC_ASSERT(present.position == head);
  const auto set_by = projector::set_by(events, present.position);
  if (set_by) RC_ASSERT(events[*set_by].after == row.at(column));
  if (!set_by)
    RC_ASSERT(row.at(column) == defaults_of(database, events::model().entity(scope.entity).table).at(column));
}

// How many rows of each table were found, and how many ids whose rows are gone.
struct Found {
  std::map<Entity, size_t> rows, gone;
};

void check_every_row(const RecordScript& script, uint64_t seed, Found& found) {
  TemporaryDirectory directory;
  store::Log log = store::Log::open(directory / "log", store::Access::write);
  script.append_to(log);
  projector::ReadModel model(directory / "model.sqlite", log.id(), log.head(), projector::Writing::live);
  projector::catch_up(model, log, projector::whole_log);
  const projector::StreamEnds ends(log);
  projector::HistoryOptions shown;
  shown.secrets = events::Secrets::shown;
  for (const auto& entity : events::model().entities()) {
    if (entity.table.empty()) continue;
    const Rows rows = rows_of(model.database(), entity);
    const Values defaults = defaults_of(model.database(), entity.table);
    const auto ids = ids_ever(script, entity);
    for (const auto& [key, row] : rows) RC_ASSERT(ids.contains(key));
    for (const auto& [id, other] : ids) {
      Scope scope{Scope::Extent::row, entity.entity, id, other, *ends.stream_of(entity.entity, id)};
      const auto history = projector::history(ends, scope, shown);
      const auto values = replayed(history);
      const auto row = rows.find({id, other});
      RC_ASSERT(values.has_value() == (row != rows.end()));
      ++(values ? found.rows : found.gone)[entity.entity];
      if (!values) continue;
      for (const auto& [column, value] : row->second) {
        const auto set = values->find(column);
        RC_ASSERT((set != values->end() ? set->second : defaults.at(column)) == value);
      }
      const auto& columns = projector::columns_of_table(entity.entity);
      check_explanation(history, scope, model.database(), row->second, columns[seed % columns.size()], log.head());
    }
  }
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_rows_history_replayed_is_the_row_in_the_read_model) {
  BOOST_TEST(rc::check("history of every row of every table", [](uint64_t seed) {
    Found found;
    const size_t commands = least_commands + *rc::gen::inRange<size_t>(0, max_commands);
    check_every_row(random_script(seed, commands), seed, found);
  }));
}

// The scripts are always the same ones: whether chance removes a row of every table is no property.
BOOST_AUTO_TEST_CASE(among_them_are_rows_of_every_table_that_came_and_that_went) {
  Found found;
  for (uint64_t seed = 1; seed <= scripts_for_every_table; ++seed) try {
      check_every_row(random_script(seed, least_commands + max_commands), seed, found);
    } catch (const rc::detail::CaseResult& fault) {
      BOOST_ERROR("script " << seed << ": " << fault.description);
    }
  for (const auto& entity : events::model().entities()) {
    if (entity.table.empty()) continue;
    BOOST_TEST(found.rows[entity.entity] > 0u, entity.table << " never had a row");
    BOOST_TEST((found.gone[entity.entity] > 0u || entity.entity == Entity::SYNC_STATE),
               entity.table << " never lost a row");
  }
}

BOOST_AUTO_TEST_SUITE_END()
