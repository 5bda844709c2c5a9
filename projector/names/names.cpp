#include "projector/names/names.h"

#include "events/schema/vocabulary.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include <absl/container/flat_hash_map.h>
#include <capnp/message.h>

#include "store/records.h"

namespace catlog::projector {

using events::Entity, events::EventType, events::NaturalKey;
namespace schema = events::schema;

namespace {

constexpr size_t usual_told_words = 256;  // of what is told of one event; more come from the heap

const EventType* type_of(const events::RecordReader& record) {
  return events::model().event(static_cast<uint16_t>(record.getEvent().which()));
}

const events::Column* column_named(const EventType& type, std::string_view name) {
  const auto column = std::ranges::find(type.columns, name, &events::Column::name);
  return column == type.columns.end() ? nullptr : &*column;
}

int64_t number(const NaturalKey& key, size_t at) { return std::get<int64_t>(key.values.at(at)); }
capnp::Text::Reader text(const NaturalKey& key) {
  const auto& value = std::get<std::string>(key.values.at(0));
  return {value.c_str(), value.size()};
}

}  // namespace

struct Names::Kept {
  absl::flat_hash_map<Row, NaturalKey> now, before;  // the latter goes when the former is full
  std::array<capnp::word, usual_told_words> words{};
  std::optional<capnp::MallocMessageBuilder> told;  // goes before its words, which it leaves zero
};

Names::Names(const store::Log& log, KnownKeys known) : Names(log, std::move(known), Reach()) {}
Names::Names(const store::Log& log, KnownKeys known, Reach reach)
    : log_(log), known_(std::move(known)), reach_(reach), kept_(std::make_unique<Kept>()) {}
Names::~Names() = default;

const NaturalKey* Names::keep(Row row, NaturalKey key) {
  if (kept_->now.size() >= most_kept) kept_->before = std::exchange(kept_->now, {});
  return &(kept_->now[row] = std::move(key));
}

const NaturalKey* Names::key_of(Row row) {
  if (const auto found = kept_->now.find(row); found != kept_->now.end()) return &found->second;
  if (auto found = kept_->before.extract(row)) return keep(row, std::move(found.mapped()));
  events::KnownKey known = known_ ? known_(row.first, row.second) : events::KnownKey{};
  if (known.key) return keep(row, std::move(*known.key));
  return find_unknown(row, known.at);
}

// Among the events that came after what is known: a row is there before an event names it.
const NaturalKey* Names::find_unknown(Row row, Position known_at) {
  if (known_at > known_to_) std::erase_if(unknown_, [&](const auto& each) { return each.second.second <= known_at; });
  known_to_ = std::max(known_to_, known_at);
  looked_to_ = std::max(looked_to_, known_at);
  if (at_ > looked_to_ && at_ - looked_to_ <= reach_.behind && unknown_.size() < reach_.rows)
    store::for_each_record(log_, looked_to_ + 1, at_, [&](const events::RecordReader& record) {
      const auto* type = type_of(record);
      if (auto key = type ? events::natural_key_in(*type, record) : std::nullopt)
        unknown_.try_emplace({record.getStream(), record.getStreamId()}, std::move(*key), record.getPosition());
      ++looked_to_;
      return unknown_.size() < reach_.rows;
    });
  const auto found = unknown_.find(row);
  return found == unknown_.end() ? nullptr : &found->second.first;
}

// A row id, and the key where it is known.
template <class Reference>
void Names::name(Row row, Reference reference) {
  reference.setId(row.second);
  const NaturalKey* key = key_of(row);
  if (!key || key->values.empty()) return;
  if constexpr (requires { reference.setTmdbId(0); }) {
    reference.setTmdbId(number(*key, 0));
  } else if constexpr (requires { reference.setSeasonNumber(0); }) {
    reference.setSeasonNumber(number(*key, 1));
    name({Entity::TV_SHOW, number(*key, 0)}, reference.initTvShow());
  } else if constexpr (requires { reference.setEpisodeNumber(0); }) {
    reference.setEpisodeNumber(number(*key, 1));
    name({Entity::SEASON, number(*key, 0)}, reference.initSeason());
  } else if constexpr (requires { reference.setInfoHash(""); }) {
    reference.setInfoHash(text(*key));
  } else {
    reference.setUsername(text(*key));
  }
}

bool Names::name_any(Row row, schema::Names::Builder names) {
  switch (row.first) {
    case Entity::MOVIE:
      name(row, names.initMovie());
      return true;
    case Entity::TV_SHOW:
      name(row, names.initTvShow());
      return true;
    case Entity::SEASON:
      name(row, names.initSeason());
      return true;
    case Entity::EPISODE:
      name(row, names.initEpisode());
      return true;
    case Entity::GENRE:
      name(row, names.initGenre());
      return true;
    case Entity::MOVIE_SOURCE:
      name(row, names.initSource());
      return true;
    case Entity::STORAGE:
      name(row, names.initStorage());
      return true;
    case Entity::USER:
      name(row, names.initUser());
      return true;
    default:
      return false;  // lists and audit rows have no other name; a task's state tells its key itself
  }
}

// Of the translation that this event removed: it stands in the event that gave it. None: too far behind.
std::string Names::language_of(const events::RecordReader& removal, const EventType& type) const {
  if (!events::removes_translation(type)) return {};
  const int64_t id = events::integer_in(*column_named(type, "id"), columns_in(type, removal));
  const auto snapshot = log_.snapshot();
  Position at = removal.getPreviousInStream();
  for (int looked = 0; at != 0 && looked < most_looked_back; ++looked) {
    std::optional<std::string> language;
    at = store::visit_record(at, snapshot.read(at), [&](const events::RecordReader& record) -> Position {
      const auto* before = type_of(record);
      if (!before || before->entity != type.entity || before->op != events::Op::CREATE)
        return record.getPreviousInStream();
      const auto* row = column_named(*before, "id");
      const auto* said = column_named(*before, "language");
      if (!row || !said) return 0;  // not a translation
      const auto group = columns_in(*before, record);
      if (events::integer_in(*row, group) != id) return record.getPreviousInStream();
      language = events::text_in(*said, group);
      return 0;
    });
    if (language) return *language;
  }
  return {};
}

std::optional<schema::Names::Reader> Names::told(const events::RecordReader& record) {
  auto& message = kept_->told.emplace(kj::arrayPtr(kept_->words.data(), kept_->words.size()));
  const auto names = message.initRoot<schema::Names>();
  if (!fill(record, names)) return {};
  return names.asReader();
}

bool Names::fill(const events::RecordReader& record, schema::Names::Builder names) {
  at_ = record.getPosition();
  const auto* type = type_of(record);
  if (!type) return false;
  if (auto key = events::natural_key_in(*type, record))
    keep({record.getStream(), record.getStreamId()}, std::move(*key));
  bool any = name_any({record.getStream(), record.getStreamId()}, names);
  for (const auto& [column, to] : events::row_id_columns(*type)) {
    const auto group = columns_in(*type, record);
    if (column->kind == events::Kind::integers) {
      const auto ids = events::integers_in(*column, group);
      if (ids.size() == 0 || ids.size() > most_genres) continue;
      auto genres = names.initGenres(ids.size());
      for (unsigned i = 0; i < ids.size(); ++i) name({to, ids[i]}, genres[i]);
      any = true;
    } else if (const int64_t id = events::integer_in(*column, group); id != events::absent_int) {
      any |= name_any({to, id}, names);
    }
  }
  if (const std::string language = language_of(record, *type); !language.empty()) {
    names.setLanguage(language);
    any = true;
  }
  if (record.hasActor() && record.getActor().getUserId() != events::absent_int) {
    name({Entity::USER, record.getActor().getUserId()}, names.initActor());
    any = true;
  }
  return any;
}

}  // namespace catlog::projector
