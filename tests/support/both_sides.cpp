#include "tests/support/both_sides.h"

#include <set>

#include <capnp/any.h>
#include <capnp/dynamic.h>
#include <capnp/message.h>
#include <fmt/format.h>

#include "commandhandler/rules/columns.h"
#include "events/digest.h"
#include "events/schema/record.h"
#include "events/text/blank.h"
#include "events/text/magnet.h"

namespace catlog::tests {
namespace {

using events::Column;
using events::EventType;

bool is_the_handlers(const events::EntityModel& entity, const Column& column) {
  if (column.name == "id" || column.name == entity.owner) return true;
  for (const auto& reference : entity.references)
    if (reference.column == column.name) return true;
  // A download's info hash is its source's: a reference too, but not by an id.
  return entity.entity == events::Entity::STORAGE && column.name == "infoHash";
}

// What the rules on one command make of a column before or after they look at it, beside the columns' own rules.
void finish(const EventType& type, capnp::DynamicStruct::Builder group) {
  const auto text_of = [&](const char* name) {
    const auto text = group.asReader().get(name).as<capnp::Text>();
    return std::string(text.begin(), text.size());
  };
  if (type.name == "refreshTokenIssued") {
    if (const auto token = text_of("token"); !events::is_blank(token))
      group.set("token", events::hex(events::sha256(token)).c_str());
  }
  // The link is made of the hash here; what a link of its own does is another case.
  if (type.name == "movieSourceAdded") group.set("magnetUri", events::topic_of(text_of("infoHash")).c_str());
}

// With a sample of each event that sets a column first.
RecordScript samples() {
  auto script = small_catalogue();
  script.command({storage_placed(1, 5), storage_touched(1), download_status_reported(1, "error")});
  return script;
}

}  // namespace

// How one event is judged and stored.
struct BothSides::Plan {
  std::unique_ptr<capnp::MallocMessageBuilder> valid;
  struct Stored {
    const Column* column;
    projector::ColumnReader reader;
  };
  std::vector<Stored> columns;
  std::unique_ptr<projector::Statement> update;
};

std::vector<BothSides::Target> BothSides::targets() {
  std::vector<Target> all;
  std::set<std::string> seen;
  for (const EventType& type : events::model().events()) {
    const auto& entity = events::model().entity(type.entity);
    if (entity.is_link || (type.op != events::Op::CREATE && type.op != events::Op::UPDATE)) continue;
    for (const Column& column : type.columns)
      if (!is_the_handlers(entity, column) && seen.insert(entity.table + "." + column.name).second)
        all.push_back({&type, &column});
  }
  return all;
}

BothSides::BothSides()
    : script_(samples()), model_(directory_ / "model.sqlite", test_log_id, script_.head(), projector::Writing::live) {
  apply(model_, script_);
  model_.database().run("PRAGMA foreign_keys = OFF; BEGIN");
  // One row a table: what is unique is another rule's.
  for (const auto& entity : events::model().entities())
    if (!entity.table.empty() && !entity.is_link)
      model_.database().run(projector::Sql::generated("DELETE FROM " + entity.table + " WHERE id <> 1"));
}

BothSides::~BothSides() = default;

BothSides::Plan& BothSides::plan_of(const EventType& type) {
  auto& known = plans_[type.which];
  if (known) return *known;
  known = std::make_unique<Plan>();
  Plan& plan = *known;
  for (events::Position at = 1; at <= script_.head() && !plan.valid; ++at) {
    events::RecordView view(script_.bytes(at));
    if (static_cast<uint16_t>(view.root().getEvent().which()) != type.which) continue;
    plan.valid = std::make_unique<capnp::MallocMessageBuilder>();
    plan.valid->setRoot(events::columns_in(type, view.root()));
  }
  if (!plan.valid) throw std::runtime_error("no sample of the event " + type.name);
  std::string set;
  for (const Column& column : type.columns) {
    if (column.name == "id") continue;
    plan.columns.push_back({&column, projector::ColumnReader(column)});
    set += fmt::format("{}{} = ?{}", set.empty() ? "" : ", ", column.name, plan.columns.size());
  }
  plan.update = std::make_unique<projector::Statement>(
      model_.database(), projector::Sql::generated(fmt::format("UPDATE {} SET {} WHERE id = 1",
                                                               events::model().entity(type.entity).table, set)));
  return plan;
}

BothSides::Verdict BothSides::store(Plan& plan, capnp::DynamicStruct::Reader group) {
  try {
    int parameter = 0;
    for (auto& [column, reader] : plan.columns) {
      const capnp::AnyStruct::Reader columns(group);
      ++parameter;
      // A text as it is: the projection gives what older rules let in another form, and SQLite would see that only.
      if (column->kind == events::Kind::text && !events::is_absent_in(*column, columns)) {
        plan.update->bind(parameter, events::text_in(*column, columns));
        continue;
      }
      const auto value = reader.read(columns);
      if (auto* integer = std::get_if<int64_t>(&value)) {
        plan.update->bind(parameter, *integer);
      } else if (auto* text = std::get_if<std::string_view>(&value)) {
        plan.update->bind(parameter, *text);
      } else if (auto* real = std::get_if<double>(&value)) {
        plan.update->bind(parameter, *real);
      } else {
        plan.update->bind_null(parameter);
      }
    }
    if (plan.update->run() != 1) throw std::runtime_error("there is no row 1");
    return Verdict::accepted;
  } catch (const projector::ConstraintViolated&) {
    return Verdict::refused;
  } catch (const events::Failure& failure) {
    if (failure.code() != events::Exit::unapplied) throw;
    return Verdict::refused;
  }
}

BothSides::Answer BothSides::ask(const Target& target, const Set& set) {
  Plan& plan = plan_of(*target.type);
  capnp::MallocMessageBuilder message;
  auto schema = target.type->field.getType().asStruct();
  message.setRoot(plan.valid->getRoot<capnp::DynamicStruct>(schema).asReader());
  auto group = message.getRoot<capnp::DynamicStruct>(schema);
  set(group);
  const auto judged = commandhandler::check_columns(*target.type, group);
  if (!judged && judged.error().field != target.column->name)
    throw std::runtime_error(fmt::format("{} is refused with {}", target.type->name, judged.error().message));
  finish(*target.type, group);
  Answer answer{judged ? Verdict::accepted : Verdict::refused, store(plan, group.asReader()), {}};
  if (target.column->kind == events::Kind::text)
    answer.stored = events::text_in(*target.column, capnp::AnyStruct::Reader(group.asReader()));
  return answer;
}

BothSides::Answer BothSides::ask_text(const Target& target, std::string_view text) {
  const std::string copy(text);
  return ask(target,
             [&](auto group) { group.set(target.column->field, capnp::Text::Reader(copy.c_str(), copy.size())); });
}

}  // namespace catlog::tests
