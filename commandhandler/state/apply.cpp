#include "commandhandler/state/apply.h"

#include "events/schema/record.h"

#include <algorithm>

#include <capnp/any.h>
#include <fmt/format.h>

#include "commandhandler/state/event_values.h"
#include "events/error.h"
#include "events/schema/natural_key.h"

namespace catlog::commandhandler {
namespace {

using events::EntityModel;
using events::EventType;
using events::Op;
using events::schema::OnDelete;

// Which kept value of a row comes from which column of an event.
struct Plan {
  const EntityModel* entity = nullptr;
  std::vector<std::pair<size_t, const events::Column*>> kept;
  std::optional<size_t> owner;  // the kept value that is the stream's id
  bool moves_index = false;     // one of them is in an index
  const events::Column* row_id = nullptr;
};

Plan plan_of(const EventType& type) {
  Plan plan;
  plan.entity = &events::model().entity(type.entity);
  const auto& names = plan.entity->kept;
  for (size_t i = 0; i < names.size(); ++i) {
    if (names[i] == plan.entity->owner) plan.owner = i;
    for (const auto& column : type.columns) {
      if (column.name != names[i]) continue;
      plan.kept.emplace_back(i, &column);
      for (const auto& index : plan.entity->indexes)
        for (const auto& indexed : index.columns) plan.moves_index |= indexed == column.name;
    }
  }
  for (const auto& column : type.columns)
    if (column.name == "id") plan.row_id = &column;
  return plan;
}

const Plan& plan_for(const EventType& type) {
  static const std::vector<Plan> plans = [] {
    std::vector<Plan> built;
    for (const auto& event : events::model().events()) {
      built.resize(std::max<size_t>(built.size(), event.which + 1u));
      built[event.which] = plan_of(event);
    }
    return built;
  }();
  return plans.at(type.which);
}

// The values of an index's columns; empty when one is NULL: such a row is not in it.
std::optional<std::vector<Value>> index_values(const EntityModel& entity, const events::Index& index, const Row& row) {
  std::vector<Value> values;
  for (const auto& column : index.columns) {
    const Value& value = kept(row, entity.entity, column);
    if (std::holds_alternative<std::monostate>(value)) return {};
    values.push_back(index.by_identity ? identity_of(value) : value);
  }
  return values;
}

// But for the natural key of a stream's own row: events go on naming it.
void forget_values(const EntityModel& entity, Row& row) {
  const auto* key = events::natural_key_of(entity);
  if (!key) return row.kept.clear();
  for (size_t i = 0; i < row.kept.size(); ++i)
    if (std::ranges::find(key->columns, entity.kept[i]) == key->columns.end()) row.kept[i] = {};
}

// Folds one event.
class Folder {
 public:
  Folder(State& state, const events::RecordReader& record, const EventType& type)
      : state_(state), record_(record), type_(type), plan_(plan_for(type)) {
    if (!type.columns.empty()) group_ = events::columns_in(type, record);
  }
  void fold(const std::optional<GroupDigest>& digest);

 private:
  [[noreturn]] void contradict(const char* what) const;
  bool patch(const std::optional<GroupDigest>& digest);
  void check_version(uint64_t version) const {
    if (version + 1 != record_.getStreamVersion()) contradict("its stream's version is not the next one");
  }
  GroupDigest known_or_made(const std::optional<GroupDigest>& digest) const {
    return digest ? *digest : digest_of(group_);
  }
  int64_t row_id() const;
  void set_row(Row& row, const std::optional<GroupDigest>& digest);
  void keep_values(Row& row) const {
    const events::Sections given(group_);
    for (const auto& [at, column] : plan_.kept) row.kept[at] = value_of(*column, given);
  }
  void unindex(const EntityModel& entity, int64_t id, const Row& row);
  void index(const EntityModel& entity, int64_t id, const Row& row);
  void remove_row(const EntityModel& entity, int64_t id, Row& row);
  void remove_children(Entity parent, int64_t id);
  void link(int64_t target);
  void unlink(int64_t target);
  void assign_links();
  void remember_command();

  State& state_;
  events::RecordReader record_;
  const EventType& type_;
  const Plan& plan_;
  capnp::AnyStruct::Reader group_;
};

void Folder::contradict(const char* what) const {
  throw events::Failure(events::Exit::unapplied, fmt::format("the event {} at position {} cannot be applied: {}",
                                                             type_.name, record_.getPosition(), what));
}

int64_t Folder::row_id() const {
  return plan_.row_id ? events::integer_in(*plan_.row_id, group_) : record_.getStreamId();
}

// Most events: one that changes columns of its stream's own row, none of them in an index. False when it is not such a
// one; then nothing was done.
bool Folder::patch(const std::optional<GroupDigest>& digest) {
  if (plan_.entity->entity != record_.getStream() || plan_.moves_index) return false;
  if (type_.op != Op::CREATE && type_.op != Op::UPDATE) return false;
  const auto key = row_key(type_.entity, record_.getStreamId());
  const auto stored = state_.get(key);
  if (!stored) return false;
  const auto head = decode_head(*stored);
  if (!head.alive) return false;
  check_version(head.version);
  RowPatch row(*stored);
  row.set_head(record_.getStreamVersion(), record_.getPosition());
  const events::Sections given(group_);
  for (const auto& [at, column] : plan_.kept) row.set_kept(at, value_of(*column, given));
  if (type_.group != 0) row.set_group(type_.group, known_or_made(digest));
  state_.put(key, row.bytes());
  return true;
}

void Folder::fold(const std::optional<GroupDigest>& digest) {
  if (patch(digest)) return remember_command();
  Row head = state_.row(record_.getStream(), record_.getStreamId()).value_or(Row{});
  check_version(head.version);
  head.version = record_.getStreamVersion();
  head.last_position = record_.getPosition();
  bool own_row = plan_.entity->entity == record_.getStream();
  Row other;
  if (!own_row && !plan_.entity->is_link) other = state_.row(type_.entity, row_id()).value_or(Row{});
  Row& row = own_row || plan_.entity->is_link ? head : other;

  if (type_.op != Op::CREATE && !row.alive) contradict("the row is not there");
  switch (type_.op) {
    case Op::CREATE:
    case Op::UPDATE:
      set_row(row, digest);
      break;
    case Op::REMOVE:
      remove_row(*plan_.entity, row_id(), row);
      break;
    case Op::ASSIGN:
      assign_links();
      head.set_group(type_.group, known_or_made(digest));
      break;
    case Op::LINK:
      link(events::integer_in(type_.columns.at(0), group_));
      break;
    case Op::UNLINK:
      unlink(events::integer_in(type_.columns.at(0), group_));
      break;
    default:
      contradict("this version does not know what it does");
  }
  if (!own_row && !plan_.entity->is_link) {
    if (row.alive)
      state_.put_row(type_.entity, row_id(), row);
    else
      state_.erase(row_key(type_.entity, row_id()));
  }
  state_.put_row(record_.getStream(), record_.getStreamId(), head);
  remember_command();
}

void Folder::set_row(Row& row, const std::optional<GroupDigest>& digest) {
  int64_t id = row_id();
  const auto& entity = *plan_.entity;
  if (row.alive) {
    if (plan_.moves_index) {
      Row before = row;
      keep_values(row);
      if (before.kept != row.kept) {
        unindex(entity, id, before);
        index(entity, id, row);
      }
    } else {
      keep_values(row);
    }
  } else {
    row.alive = true;
    row.created_us = record_.getRecordedAt();
    row.kept.assign(entity.kept.size(), {});
    if (plan_.owner) row.kept[*plan_.owner] = record_.getStreamId();
    keep_values(row);
    index(entity, id, row);
    for (size_t i = 0; i < entity.references.size(); ++i) {
      if (entity.references[i].on_delete == OnDelete::SET_NULL) continue;
      int64_t parent = kept_int(row, entity.entity, entity.references[i].column);
      state_.put(child_entry(entity.entity, i, parent, id), "");
    }
    auto counter = state_.get(counter_key(entity.entity));
    if (!counter || decode_id(*counter) <= id) state_.put(counter_key(entity.entity), encode_id(id + 1));
  }
  if (type_.group != 0) row.set_group(type_.group, known_or_made(digest));
}

void Folder::index(const EntityModel& entity, int64_t id, const Row& row) {
  for (size_t i = 0; i < entity.indexes.size(); ++i) {
    auto values = index_values(entity, entity.indexes[i], row);
    if (!values) continue;
    if (entity.indexes[i].unique)
      state_.put_key(entity.entity, i, *values, id);
    else
      state_.put(index_entry(index_prefix(entity.entity, i, *values), id), "");
  }
}

void Folder::unindex(const EntityModel& entity, int64_t id, const Row& row) {
  for (size_t i = 0; i < entity.indexes.size(); ++i) {
    auto values = index_values(entity, entity.indexes[i], row);
    if (!values) continue;
    state_.erase(entity.indexes[i].unique ? unique_key(entity.entity, i, *values)
                                          : index_entry(index_prefix(entity.entity, i, *values), id));
  }
}

void Folder::remove_row(const EntityModel& entity, int64_t id, Row& row) {
  remove_children(entity.entity, id);
  unindex(entity, id, row);
  for (size_t i = 0; i < entity.references.size(); ++i)
    if (entity.references[i].on_delete != OnDelete::SET_NULL)
      state_.erase(child_entry(entity.entity, i, kept_int(row, entity.entity, entity.references[i].column), id));
  row.alive = false;
  forget_values(entity, row);
  row.groups.clear();
}

void Folder::remove_children(Entity parent, int64_t id) {
  for (const auto& child : events::model().entities()) {
    for (size_t i = 0; i < child.references.size(); ++i) {
      if (child.references[i].to != parent || child.references[i].on_delete == OnDelete::SET_NULL) continue;
      for (const auto& key : state_.keys(child_prefix(child.entity, i, id))) {
        if (child.references[i].on_delete == OnDelete::RESTRICT) contradict("something still refers to the row");
        int64_t child_id = id_at_end(key);
        if (child.is_link) {
          state_.erase(child_entry(child.entity, i, id, child_id));
          state_.erase(child_entry(child.entity, 1 - i, child_id, id));
          continue;
        }
        auto row = state_.row(child.entity, child_id);
        // A stream of its own ends with an event of its own.
        if (!row || child.stream == child.entity) contradict("a child that has its own stream is still there");
        remove_row(child, child_id, *row);
        state_.erase(row_key(child.entity, child_id));
      }
    }
  }
}

void Folder::link(int64_t target) {
  const int64_t owner = record_.getStreamId();
  state_.put(child_entry(type_.entity, 0, owner, target), "");
  state_.put(child_entry(type_.entity, 1, target, owner), "");
}

void Folder::unlink(int64_t target) {
  const int64_t owner = record_.getStreamId();
  state_.erase(child_entry(type_.entity, 0, owner, target));
  state_.erase(child_entry(type_.entity, 1, target, owner));
}

void Folder::assign_links() {
  for (const auto& key : state_.keys(child_prefix(type_.entity, 0, record_.getStreamId()))) unlink(id_at_end(key));
  for (const int64_t target : events::integers_in(type_.columns.at(0), group_)) link(target);
}

void Folder::remember_command() {
  KnownCommand known{record_.getPosition(), record_.getSubject(), record_.getSubjectId()};
  const auto key = command_key(events::uuid_of(record_.getCommandId()));
  // Of a command's events only the first one is remembered; in a batch they do not start at index 0.
  if (record_.getIndex() == 0 || (record_.hasBatch() && !state_.get(key))) state_.put(key, encode_known(known));
  if (record_.hasBatch() && record_.getIndex() == 0)
    state_.put(command_key(events::uuid_of(record_.getBatch().getId())), encode_known({record_.getPosition()}));
}

}  // namespace

void apply(State& state, const events::RecordReader& record, const std::optional<GroupDigest>& digest) {
  const auto* type = events::model().event(static_cast<uint16_t>(record.getEvent().which()));
  if (!type)
    throw events::Failure(events::Exit::unapplied,
                          fmt::format("position {} holds an event that this version does not know; run a newer catlog",
                                      record.getPosition()));
  Folder(state, record, *type).fold(digest);
}

}  // namespace catlog::commandhandler
