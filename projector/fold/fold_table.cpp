#include "projector/fold/fold_table.h"

#include "events/schema/record.h"

#include <algorithm>
#include <array>
#include <cstring>

#include <kj/exception.h>

#include <fmt/format.h>

#include "events/text/datetime.h"

namespace catlog::projector {

using events::Entity;
using events::EntityModel;
using events::Kind;

namespace {

// The struct that an event carries, read in place.
class CarriedGroup {
 public:
  explicit CarriedGroup(store::Bytes bytes) : bytes_(bytes), record_(bytes) {
    type_ = events::model().event(static_cast<uint16_t>(record_.root().getEvent().which()));
    CATLOG_CHECK(type_);  // the fold took it
    reader_ = events::columns_in(*type_, record_.root());
  }
  const events::EventType& type() const { return *type_; }
  capnp::AnyStruct::Reader reader() const { return reader_; }
  // Whether the text stands in the record, and not in what was made of it for the reading.
  bool holds(std::string_view text) const {
    const auto at = reinterpret_cast<std::uintptr_t>(text.data());
    const auto begin = reinterpret_cast<std::uintptr_t>(bytes_.data());
    return at >= begin && at < begin + bytes_.size();
  }

 private:
  store::Bytes bytes_;
  events::RecordView record_;
  const events::EventType* type_;
  capnp::AnyStruct::Reader reader_;
};

// What is wrong with an event is found again by applying in order, which tells it better.
template <class Read>
void reading(Position position, Read&& read) {
  try {
    read();
  } catch (const kj::Exception& damaged) {
    throw Contradiction(position, damaged.getDescription().cStr());
  } catch (const events::Failure& failure) {
    if (failure.code() != events::Exit::unapplied) throw;
    throw Contradiction(position, failure.what());
  }
}

}  // namespace

void RowBatch::clear() {
  values.clear();
  made.release();
  snapshot.reset();
}

std::string_view RowBatch::keep(std::string_view text) {
  char* copy = static_cast<char*>(made.allocate(text.size() + 1, 1));
  std::memcpy(copy, text.data(), text.size());
  return {copy, text.size()};
}

// ---- rows ----

class FoldedTable::Rows {
 public:
  Rows(const Fold& fold, const store::Log& log, Entity entity, const TableLayout& layout);
  bool fill(RowBatch& batch);

 private:
  enum class From { id, created, updated, owner, slots, nothing };
  struct Setter {
    size_t slot;
    ColumnReader reader;
  };
  struct Source {
    From from = From::nothing;
    Value when_never_set;
    std::vector<Setter> setters;
    std::optional<size_t> nulled_with;  // a reference that becomes NULL when what it leads to goes
  };
  Source source_of(const TableLayout::Column& column) const;
  void find(RowBatch& batch);
  void read_row(RowBatch& batch, int64_t id, const store::Bytes* events);
  Value read(RowBatch& batch, Source& source, int64_t id);
  Value read_slots(RowBatch& batch, Source& source, int64_t id);

  const Fold& fold_;
  const store::Log& log_;
  const FoldedRows& rows_;
  Entity entity_;
  std::vector<Source> sources_;  // by column
  int64_t next_id_ = 1;
  // The batch at hand.
  std::vector<int64_t> ids_;
  std::vector<store::Bytes> events_;                 // by row and slot; empty: never set
  std::vector<std::optional<CarriedGroup>> groups_;  // by slot, of the row at hand
};

FoldedTable::Rows::Rows(const Fold& fold, const store::Log& log, Entity entity, const TableLayout& layout)
    : fold_(fold), log_(log), rows_(fold.rows(entity)), entity_(entity), groups_(rows_.entity().slots.size()) {
  for (const auto& column : layout.columns) sources_.push_back(source_of(column));
}

FoldedTable::Rows::Source FoldedTable::Rows::source_of(const TableLayout::Column& column) const {
  const EntityModel& model = *rows_.entity().model;
  Source source;
  source.when_never_set = column.default_value;
  if (column.name == "id") source.from = From::id;
  if (column.name == model.created) source.from = From::created;
  if (column.name == model.updated) source.from = From::updated;
  if (column.name == model.owner) source.from = From::owner;
  if (source.from != From::nothing) return source;
  const auto& slots = rows_.entity().slots;
  for (const events::EventType& type : events::model().events()) {
    if (type.entity != entity_) continue;
    for (const events::Column& each : type.columns) {
      if (each.name != column.name) continue;
      const size_t slot = fold_plan().slot_of(type);
      if (std::ranges::find(source.setters, slot, &Setter::slot) == source.setters.end())
        source.setters.push_back({slot, ColumnReader(each)});
    }
  }
  if (!source.setters.empty()) source.from = From::slots;
  const auto& references = rows_.entity().references;
  for (size_t i = 0; i < references.size(); ++i)
    if (references[i].column == column.name && references[i].on_delete == events::schema::OnDelete::SET_NULL)
      source.nulled_with = i;
  CATLOG_CHECK(slots.size() == groups_.size());
  return source;
}

// Looks up the events of the next rows, and asks for their memory before the first of it is read.
void FoldedTable::Rows::find(RowBatch& batch) {
  ids_.clear();
  events_.clear();
  batch.snapshot.emplace(log_.snapshot());
  for (; next_id_ < rows_.end() && ids_.size() < rows_in_batch; ++next_id_) {
    if (!fold_.is_there(entity_, next_id_)) continue;
    ids_.push_back(next_id_);
    for (const Position position : rows_.slots(next_id_)) {
      const store::Bytes bytes = position == 0 ? store::Bytes() : batch.snapshot->read(position);
      for (size_t at = 0; at < bytes.size(); at += 64) __builtin_prefetch(bytes.data() + at);
      events_.push_back(bytes);
    }
  }
}

bool FoldedTable::Rows::fill(RowBatch& batch) {
  batch.clear();
  batch.columns = sources_.size();
  find(batch);
  batch.values.reserve(ids_.size() * sources_.size());
  for (size_t i = 0; i < ids_.size(); ++i) read_row(batch, ids_[i], events_.data() + i * groups_.size());
  return !ids_.empty();
}

void FoldedTable::Rows::read_row(RowBatch& batch, int64_t id, const store::Bytes* events) {
  reading(rows_.row(id).created_at, [&] {
    for (size_t slot = 0; slot < groups_.size(); ++slot) {
      groups_[slot].reset();
      if (!events[slot].empty()) groups_[slot].emplace(events[slot]);
    }
    for (Source& source : sources_) batch.values.push_back(read(batch, source, id));
  });
}

Value FoldedTable::Rows::read(RowBatch& batch, Source& source, int64_t id) {
  const auto datetime = [&](int64_t us) { return batch.keep(events::text_of(events::sql_datetime(us))); };
  switch (source.from) {
    case From::id:
      return id;
    case From::created:
      return datetime(rows_.row(id).created_us);
    case From::updated:
      return datetime(rows_.row(id).updated_us);
    case From::owner:
      for (size_t i = 0; i < rows_.entity().references.size(); ++i)
        if (rows_.entity().references[i].is_owner) return rows_.references(id)[i].value;
      break;
    case From::slots:
      return read_slots(batch, source, id);
    case From::nothing:
      break;
  }
  return source.when_never_set;
}

Value FoldedTable::Rows::read_slots(RowBatch& batch, Source& source, int64_t id) {
  if (source.nulled_with) {
    const FoldedReference& reference = rows_.references(id)[*source.nulled_with];
    const Entity to = rows_.entity().references[*source.nulled_with].to;
    if (fold_.is_gone_since(to, reference.value, reference.set_at)) return {};
  }
  Setter* last = nullptr;
  const auto slots = rows_.slots(id);
  for (Setter& setter : source.setters)
    if (slots[setter.slot] != 0 && (!last || slots[setter.slot] > slots[last->slot])) last = &setter;
  if (!last) return source.when_never_set;
  const CarriedGroup& group = *groups_[last->slot];
  const Value value = last->reader.read(group.reader());
  const auto* text = std::get_if<std::string_view>(&value);
  if (!text || text->empty() || last->reader.column().kind == Kind::enumeration) return value;
  return group.holds(*text) ? value : Value(batch.keep(*text));
}

// ---- links ----

class FoldedTable::Links {
 public:
  Links(const Fold& fold, const store::Log& log, Entity entity, const TableLayout& layout);
  bool fill(RowBatch& batch);

 private:
  void add_list(RowBatch& batch, int64_t owner, Position position);
  void add(RowBatch& batch, int64_t owner, int64_t other);

  const Fold& fold_;
  const store::Log& log_;
  const EntityModel& model_;
  const events::Reference& other_side_;
  bool owner_first_;
  std::optional<size_t> list_;  // the owner's slot of lists; or the links that single events made
  std::pmr::vector<Fold::Link> single_;
  size_t next_single_ = 0;
  int64_t next_owner_ = 1;
};

FoldedTable::Links::Links(const Fold& fold, const store::Log& log, Entity entity, const TableLayout& layout)
    : fold_(fold),
      log_(log),
      model_(events::model().entity(entity)),
      other_side_(events::other_side_of(model_)),
      owner_first_(layout.columns.front().name == model_.owner),
      single_(fold.links(entity)) {
  CATLOG_CHECK(layout.columns.size() == 2);
  for (const events::EventType& type : events::model().events())
    if (type.entity == entity && type.op == events::Op::ASSIGN) list_ = fold_plan().slot_of(type);
}

bool FoldedTable::Links::fill(RowBatch& batch) {
  batch.clear();
  batch.columns = 2;
  for (; next_single_ < single_.size() && batch.rows() < rows_in_batch; ++next_single_)
    add(batch, single_[next_single_].first, single_[next_single_].second);
  if (!list_) return batch.rows() != 0;
  batch.snapshot.emplace(log_.snapshot());
  const FoldedRows& owners = fold_.rows(model_.stream);
  for (; next_owner_ < owners.end() && batch.rows() < rows_in_batch; ++next_owner_) {
    if (!fold_.is_there(model_.stream, next_owner_)) continue;
    if (const Position position = owners.slots(next_owner_)[*list_]) add_list(batch, next_owner_, position);
  }
  return batch.rows() != 0;
}

void FoldedTable::Links::add_list(RowBatch& batch, int64_t owner, Position position) {
  reading(position, [&] {
    const CarriedGroup group(batch.snapshot->read(position));
    std::vector<int64_t> others;
    for (const int64_t other : events::integers_in(group.type().columns.front(), group.reader()))
      others.push_back(other);
    std::ranges::sort(others);
    for (const int64_t other : others)
      if (other_side_.on_delete != events::schema::OnDelete::CASCADE ||
          !fold_.is_gone_since(other_side_.to, other, position))
        add(batch, owner, other);
  });
}

void FoldedTable::Links::add(RowBatch& batch, int64_t owner, int64_t other) {
  batch.values.emplace_back(owner_first_ ? owner : other);
  batch.values.emplace_back(owner_first_ ? other : owner);
}

// ---- either ----

FoldedTable::FoldedTable(const Fold& fold, const store::Log& log, Entity entity, const TableLayout& layout) {
  if (events::model().entity(entity).is_link)
    links_ = std::make_unique<Links>(fold, log, entity, layout);
  else
    rows_ = std::make_unique<Rows>(fold, log, entity, layout);
}
FoldedTable::FoldedTable(FoldedTable&&) noexcept = default;
FoldedTable::~FoldedTable() = default;

bool FoldedTable::fill(RowBatch& batch) { return links_ ? links_->fill(batch) : rows_->fill(batch); }

}  // namespace catlog::projector
