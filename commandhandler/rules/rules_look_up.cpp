// What is known of one thing: its id, its version, its names.
#include "events/schema/vocabulary.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "commandhandler/rules/rules.h"
#include "commandhandler/rules/torrents.h"

namespace catlog::commandhandler {
namespace {

using C = schema::Command;
using Reader = schema::Command::Reader;

// All by which the row is known outside; what is in no key, or NULL, is not told.
events::Found found_of(std::string_view kind, const events::ReferenceForm& form, int64_t id, const EncodedRow& row) {
  events::Found found{std::string(kind), id, {}};
  const auto& entity = events::model().entity(form.entity);
  for (const auto& key : form.keys) {
    for (size_t i = 0; i < key.parts.size(); ++i) {
      const auto& [field, in_row] = key.parts[i];
      const std::string& column = entity.indexes[key.index].columns[i];
      if (in_row || field.kind == events::Kind::integer) {
        const int64_t value = kept_int(row, form.entity, column);
        if (value != events::absent_int) found.names.push_back({field.name, value, in_row != nullptr});
      } else if (std::string text = kept_text(row, form.entity, column); !text.empty()) {
        found.names.push_back({field.name, std::move(text), false});
      }
    }
  }
  return found;
}

template <class Ref>
OrRefusal<int64_t> find_any(const Judge& judge, Ref ref, std::string_view kind) {
  return judge.find(ref, kind);
}
OrRefusal<int64_t> find_any(const Judge& judge, schema::SourceRef::Reader ref, std::string_view) {
  return find_source(judge, ref);
}
OrRefusal<int64_t> find_any(const Judge& judge, schema::StorageRef::Reader ref, std::string_view) {
  return find_storage(judge, ref);
}

template <class Ref>
OrRefusal<void> tell(Judge& judge, Ref ref, std::string_view kind) {
  static const auto& form = events::reference_form(capnp::Schema::from<typename Ref::Reads>());
  CATLOG_TRY(id, find_any(judge, ref, kind));
  CATLOG_PASS(judge.about({form.entity, id}, Exists::yes));
  judge.tell(found_of(kind, form, id, *judge.row(form.entity, id)));
  return {};
}

OrRefusal<void> look_up(Judge& judge, schema::Thing::Reader thing) {
  const bool given[] = {thing.hasMovie(),  thing.hasTvShow(),  thing.hasSeason(), thing.hasEpisode(),  thing.hasGenre(),
                        thing.hasSource(), thing.hasStorage(), thing.hasUser(),   thing.hasMediaList()};
  if (std::ranges::count(given, true) != 1)
    return refuse(
        RefusalCode::INVALID, "",
        "name exactly one thing: a movie, tvShow, season, episode, genre, source, storage, user or mediaList");
  if (thing.hasMovie()) return tell(judge, thing.getMovie(), "movie");
  if (thing.hasTvShow()) return tell(judge, thing.getTvShow(), "tvShow");
  if (thing.hasSeason()) return tell(judge, thing.getSeason(), "season");
  if (thing.hasEpisode()) return tell(judge, thing.getEpisode(), "episode");
  if (thing.hasGenre()) return tell(judge, thing.getGenre(), "genre");
  if (thing.hasSource()) return tell(judge, thing.getSource(), "source");
  if (thing.hasStorage()) return tell(judge, thing.getStorage(), "storage");
  if (thing.hasUser()) return tell(judge, thing.getUser(), "user");
  return tell(judge, thing.getMediaList(), "mediaList");
}

constexpr Rule looks[] = {rule<C::LOOK_UP, &Reader::getLookUp, look_up>()};

}  // namespace

std::span<const Rule> look_up_rules() { return looks; }

}  // namespace catlog::commandhandler
