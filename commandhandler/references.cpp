// Judge::find: what the references in commands name.
#include "events/vocabulary.h"

#include <fmt/format.h>

#include "commandhandler/judge.h"
#include "commandhandler/user_name.h"
#include "events/digest.h"

namespace catlog::commandhandler {

// One way to name a row by its own columns: `given` when any of them is in the reference.
struct Judge::Key {
  bool given = false;
  std::optional<std::vector<Value>> values;  // none: something they need was not found
  size_t index = 0;
};

namespace {

std::string text_of(capnp::Text::Reader text) { return {text.begin(), text.size()}; }

bool is_given(int64_t value) { return value != events::absent_int; }

}  // namespace

OrRefusal<int64_t> Judge::find(Entity entity, std::string_view field, int64_t id, capnp::Text::Reader created_by,
                               std::span<const Key> keys) const {
  const auto& model = events::model().entity(entity);
  int forms = (is_given(id) ? 1 : 0) + (created_by.size() > 0 ? 1 : 0);
  for (const auto& key : keys) forms += key.given ? 1 : 0;
  auto name = std::string(field);
  if (forms != 1)
    return refuse(RefusalCode::INVALID, name,
                  fmt::format("name the {} by exactly one of id, createdBy and its natural key", model.name));
  auto not_found = [&] { return refuse(RefusalCode::NOT_FOUND, name, fmt::format("there is no such {}", model.name)); };
  if (created_by.size() > 0) {
    auto command = events::parse_uuid(text_of(created_by));
    if (!command) return refuse(RefusalCode::INVALID, name, "createdBy must be the UUID of a command");
    auto known = state_.get(command_key(*command));
    if (!known) return not_found();
    auto what = decode_known(*known);
    if (what.subject != entity) return not_found();
    id = what.subject_id;
  }
  for (const auto& key : keys) {
    if (!key.given) continue;
    if (!key.values) return not_found();
    if (model.indexes[key.index].unique) {
      auto found = by_key(entity, *key.values, key.index);
      if (!found) return not_found();
      id = *found;
    } else {
      auto prefix = index_prefix(entity, key.index, *key.values);
      auto found = state_.keys(prefix, prefix, 2);
      if (found.empty()) return not_found();
      if (found.size() > 1)
        return refuse(RefusalCode::INVALID, name, fmt::format("several {}s have this; name it by its id", model.name));
      id = id_at_end(found.front());
    }
  }
  if (!state_.head(entity, id).alive) return not_found();
  return id;
}

OrRefusal<int64_t> Judge::find(schema::MovieRef::Reader ref, std::string_view field) const {
  Key keys[] = {{is_given(ref.getTmdbId()), {{ref.getTmdbId()}}, 0},
                {ref.hasImdbId(), {{text_of(ref.getImdbId())}}, 1}};
  return find(Entity::MOVIE, field, ref.getId(), ref.getCreatedBy(), keys);
}

OrRefusal<int64_t> Judge::find(schema::TvShowRef::Reader ref, std::string_view field) const {
  Key keys[] = {{is_given(ref.getTmdbId()), {{ref.getTmdbId()}}, 0}};
  return find(Entity::TV_SHOW, field, ref.getId(), ref.getCreatedBy(), keys);
}

OrRefusal<int64_t> Judge::find(schema::SeasonRef::Reader ref, std::string_view field) const {
  Key key{ref.hasTvShow() || is_given(ref.getSeasonNumber()), {}, 0};
  if (ref.hasTvShow()) {
    CATLOG_TRY(show, find(ref.getTvShow(), std::string(field) + ".tvShow"));
    if (!is_given(ref.getSeasonNumber()))
      return refuse(RefusalCode::INVALID, std::string(field) + ".seasonNumber", "seasonNumber is needed with tvShow");
    key.values = {{show, ref.getSeasonNumber()}};
  } else if (key.given) {
    return refuse(RefusalCode::INVALID, std::string(field) + ".tvShow", "tvShow is needed with seasonNumber");
  }
  return find(Entity::SEASON, field, ref.getId(), ref.getCreatedBy(), {&key, 1});
}

OrRefusal<int64_t> Judge::find(schema::EpisodeRef::Reader ref, std::string_view field) const {
  Key key{ref.hasSeason() || is_given(ref.getEpisodeNumber()), {}, 0};
  if (ref.hasSeason()) {
    CATLOG_TRY(season, find(ref.getSeason(), std::string(field) + ".season"));
    if (!is_given(ref.getEpisodeNumber()))
      return refuse(RefusalCode::INVALID, std::string(field) + ".episodeNumber", "episodeNumber is needed with season");
    key.values = {{season, ref.getEpisodeNumber()}};
  } else if (key.given) {
    return refuse(RefusalCode::INVALID, std::string(field) + ".season", "season is needed with episodeNumber");
  }
  return find(Entity::EPISODE, field, ref.getId(), ref.getCreatedBy(), {&key, 1});
}

OrRefusal<int64_t> Judge::find(schema::GenreRef::Reader ref, std::string_view field) const {
  Key keys[] = {{is_given(ref.getTmdbId()), {{ref.getTmdbId()}}, 0}};
  return find(Entity::GENRE, field, ref.getId(), ref.getCreatedBy(), keys);
}

OrRefusal<int64_t> Judge::find(schema::SourceRef::Reader ref, std::string_view field) const {
  Key keys[] = {{ref.hasInfoHash(), {{text_of(ref.getInfoHash())}}, 0}};
  return find(Entity::MOVIE_SOURCE, field, ref.getId(), ref.getCreatedBy(), keys);
}

OrRefusal<int64_t> Judge::find(schema::StorageRef::Reader ref, std::string_view field) const {
  Key keys[] = {{ref.hasInfoHash(), {{text_of(ref.getInfoHash())}}, 0}};
  return find(Entity::STORAGE, field, ref.getId(), ref.getCreatedBy(), keys);
}

OrRefusal<int64_t> Judge::find(schema::UserRef::Reader ref, std::string_view field) const {
  const auto name = text_of(ref.getUsername());
  Key keys[] = {{ref.hasUsername(), {{name}}, 0}};
  // In whatever spelling; one that is older than the rule on names is found by its own.
  if (ref.hasUsername() && !by_key(Entity::USER, {name})) keys[0] = {true, {{compared_user_name(name)}}, 1};
  return find(Entity::USER, field, ref.getId(), ref.getCreatedBy(), keys);
}

OrRefusal<int64_t> Judge::find(schema::TokenRef::Reader ref, std::string_view field) const {
  // The token itself is nowhere; it is found by its digest.
  Key keys[] = {{ref.hasToken(), {{events::hex(events::sha256(text_of(ref.getToken())))}}, 0}};
  return find(Entity::REFRESH_TOKEN, field, ref.getId(), ref.getCreatedBy(), keys);
}

OrRefusal<int64_t> Judge::find(schema::ListRef::Reader ref, std::string_view field) const {
  return find(Entity::MEDIA_LIST, field, ref.getId(), ref.getCreatedBy(), {});
}

}  // namespace catlog::commandhandler
