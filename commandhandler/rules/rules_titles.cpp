// Movies, shows, seasons, episodes, genres and their translations.
#include "events/schema/vocabulary.h"

#include "commandhandler/rules/columns.h"
#include "commandhandler/rules/rules.h"

namespace catlog::commandhandler {
namespace {

using C = schema::Command;
using Reader = schema::Command::Reader;

constexpr auto nothing_more = [](auto&) {};

// Where a row with this natural key is, or where it will be.
struct Place {
  int64_t id;
  Exists exists;
};

Place place(const Judge& judge, Entity entity, const std::vector<Value>& key) {
  if (auto found = judge.by_key(entity, key)) return {*found, Exists::yes};
  return {judge.next_id(entity), Exists::no};
}

// Emits what there is of a group in the command; a group that none of the command's fields speaks of stays as it is.
template <class Group, class Fill>
OrRefusal<void> put(Judge& judge, Stream stream, Which which, typename Group::Reader group, Fill&& fill) {
  CATLOG_PASS((judge.emit<Group>(Emit::if_changed, stream, which, group, std::forward<Fill>(fill))));
  return {};
}

OrRefusal<void> put_genres(Judge& judge, Stream stream, Which which, capnp::List<schema::GenreRef>::Reader genres) {
  std::vector<int64_t> ids;
  for (unsigned i = 0; i < genres.size(); ++i) {
    CATLOG_TRY(id, judge.find(genres[i], "genres." + std::to_string(i)));
    ids.push_back(id);
  }
  // A set: order and repetition make no difference.
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  return put<schema::Genres>(judge, stream, which, {}, [&](auto& group) {
    auto list = group.initGenreIds(static_cast<unsigned>(ids.size()));
    for (unsigned i = 0; i < ids.size(); ++i) list.set(i, ids[i]);
  });
}

// A translation is a row of its own in its owner's stream, with the owner and the language as its key.
template <class Group>
OrRefusal<void> put_translation(Judge& judge, Stream owner, Entity entity, Which which, typename Group::Reader text) {
  CATLOG_TRY(language, check_language(std::string(text.getLanguage().cStr()), "language"));
  auto at = place(judge, entity, {owner.id, language});
  CATLOG_PASS(judge.about(owner, entity, at.id, at.exists));
  return put<Group>(judge, owner, which, text, [&](auto& group) { group.setId(at.id); });
}

OrRefusal<void> remove_translation(Judge& judge, Stream owner, Entity entity, Which which, capnp::Text::Reader text) {
  CATLOG_TRY(language, check_language(std::string(text.cStr()), "language"));
  auto id = judge.by_key(entity, {owner.id, language});
  if (!id) return refuse(RefusalCode::NOT_FOUND, "language", "there is no translation in this language");
  CATLOG_PASS(judge.about(owner, entity, *id, Exists::yes));
  return judge.emit_row(owner, which, *id);
}

OrRefusal<void> remove_episodes(Judge& judge, int64_t season) {
  for (const auto& key : judge.state().keys(child_prefix(Entity::EPISODE, 0, season)))
    CATLOG_PASS(judge.emit({Entity::EPISODE, id_at_end(key)}, Which::EPISODE_REMOVED));
  return {};
}

OrRefusal<void> remove_season_and_episodes(Judge& judge, int64_t season) {
  CATLOG_PASS(remove_episodes(judge, season));
  return judge.emit({Entity::SEASON, season}, Which::SEASON_REMOVED);
}

// What movies and shows, which are judged alike, differ in.
struct OfMovie {
  using Put = schema::PutMovie::Reader;
  using Rate = schema::RateMovie::Reader;
  using AssignGenres = schema::AssignMovieGenres::Reader;
  using PutTranslation = schema::PutMovieTranslation::Reader;
  using RemoveTranslation = schema::RemoveMovieTranslation::Reader;
  using Facts = schema::MovieFacts;
  using Translation = schema::TitleTranslation;
  static constexpr Entity entity = Entity::MOVIE, translation = Entity::MOVIE_TRANSLATION;
  static constexpr Which described = Which::MOVIE_DESCRIBED, rated = Which::MOVIE_RATED,
                         genres_assigned = Which::MOVIE_GENRES_ASSIGNED, translated = Which::MOVIE_TRANSLATED,
                         translation_removed = Which::MOVIE_TRANSLATION_REMOVED;
  static auto named(auto command) { return command.getMovie(); }
};

struct OfTvShow {
  using Put = schema::PutTvShow::Reader;
  using Rate = schema::RateTvShow::Reader;
  using AssignGenres = schema::AssignTvShowGenres::Reader;
  using PutTranslation = schema::PutTvShowTranslation::Reader;
  using RemoveTranslation = schema::RemoveTvShowTranslation::Reader;
  using Facts = schema::TvShowFacts;
  using Translation = schema::NameTranslation;
  static constexpr Entity entity = Entity::TV_SHOW, translation = Entity::TV_SHOW_TRANSLATION;
  static constexpr Which described = Which::TV_SHOW_DESCRIBED, rated = Which::TV_SHOW_RATED,
                         genres_assigned = Which::TV_SHOW_GENRES_ASSIGNED, translated = Which::TV_SHOW_TRANSLATED,
                         translation_removed = Which::TV_SHOW_TRANSLATION_REMOVED;
  static auto named(auto command) { return command.getTvShow(); }
};

template <class Title>
OrRefusal<void> put_title(Judge& judge, typename Title::Put command) {
  const auto at = place(judge, Title::entity, {command.getFacts().getTmdbId()});
  const Stream title{Title::entity, at.id};
  CATLOG_PASS(judge.about(title, at.exists));
  CATLOG_PASS(put<typename Title::Facts>(judge, title, Title::described, command.getFacts(), nothing_more));
  if (command.hasRatings())
    CATLOG_PASS(put<schema::Ratings>(judge, title, Title::rated, command.getRatings(), nothing_more));
  if (command.hasGenres()) CATLOG_PASS(put_genres(judge, title, Title::genres_assigned, command.getGenres()));
  return {};
}

template <class Title>
OrRefusal<void> rate_title(Judge& judge, typename Title::Rate command) {
  CATLOG_TRY(id, judge.find(Title::named(command)));
  CATLOG_PASS(judge.about({Title::entity, id}, Exists::yes));
  return put<schema::Ratings>(judge, {Title::entity, id}, Title::rated, command.getRatings(), nothing_more);
}

template <class Title>
OrRefusal<void> assign_genres(Judge& judge, typename Title::AssignGenres command) {
  CATLOG_TRY(id, judge.find(Title::named(command)));
  CATLOG_PASS(judge.about({Title::entity, id}, Exists::yes));
  if (!command.hasGenres()) return refuse(RefusalCode::INVALID, "genres", "genres is required; [] takes all away");
  return put_genres(judge, {Title::entity, id}, Title::genres_assigned, command.getGenres());
}

template <class Title>
OrRefusal<void> put_title_translation(Judge& judge, typename Title::PutTranslation command) {
  CATLOG_TRY(id, judge.find(Title::named(command)));
  return put_translation<typename Title::Translation>(judge, {Title::entity, id}, Title::translation, Title::translated,
                                                      command.getText());
}

template <class Title>
OrRefusal<void> remove_title_translation(Judge& judge, typename Title::RemoveTranslation command) {
  CATLOG_TRY(id, judge.find(Title::named(command)));
  return remove_translation(judge, {Title::entity, id}, Title::translation, Title::translation_removed,
                            command.getLanguage());
}

OrRefusal<void> remove_movie(Judge& judge, schema::RemoveMovie::Reader command) {
  CATLOG_TRY(id, judge.find(command.getMovie()));
  CATLOG_PASS(judge.about({Entity::MOVIE, id}, Exists::yes));
  if (judge.state().any(child_prefix(Entity::MOVIE_SOURCE, 0, id)))
    return refuse(RefusalCode::RESTRICTED, "movie", "the movie still has sources; remove them first");
  return judge.emit({Entity::MOVIE, id}, Which::MOVIE_REMOVED);
}

OrRefusal<void> remove_tv_show(Judge& judge, schema::RemoveTvShow::Reader command) {
  CATLOG_TRY(id, judge.find(command.getTvShow()));
  CATLOG_PASS(judge.about({Entity::TV_SHOW, id}, Exists::yes));
  auto seasons = judge.state().keys(child_prefix(Entity::SEASON, 0, id));
  if (!seasons.empty() && command.getWithSeasons() != 1)
    return refuse(RefusalCode::RESTRICTED, "tvShow",
                  "the show still has seasons; remove them first, or send withSeasons");
  for (const auto& key : seasons) CATLOG_PASS(remove_season_and_episodes(judge, id_at_end(key)));
  return judge.emit({Entity::TV_SHOW, id}, Which::TV_SHOW_REMOVED);
}

OrRefusal<void> put_season(Judge& judge, schema::PutSeason::Reader command) {
  CATLOG_TRY(show, judge.find(command.getTvShow()));
  auto at = place(judge, Entity::SEASON, {show, command.getFacts().getSeasonNumber()});
  CATLOG_PASS(judge.about({Entity::SEASON, at.id}, at.exists));
  return put<schema::SeasonFacts>(judge, {Entity::SEASON, at.id}, Which::SEASON_DESCRIBED, command.getFacts(),
                                  [&](auto& facts) { facts.setTvShowId(show); });
}

OrRefusal<void> remove_season(Judge& judge, schema::RemoveSeason::Reader command) {
  CATLOG_TRY(id, judge.find(command.getSeason()));
  CATLOG_PASS(judge.about({Entity::SEASON, id}, Exists::yes));
  return remove_season_and_episodes(judge, id);
}

OrRefusal<void> put_episode(Judge& judge, schema::PutEpisode::Reader command) {
  CATLOG_TRY(season, judge.find(command.getSeason()));
  auto at = place(judge, Entity::EPISODE, {season, command.getFacts().getEpisodeNumber()});
  CATLOG_PASS(judge.about({Entity::EPISODE, at.id}, at.exists));
  return put<schema::EpisodeFacts>(judge, {Entity::EPISODE, at.id}, Which::EPISODE_DESCRIBED, command.getFacts(),
                                   [&](auto& facts) { facts.setSeasonId(season); });
}

OrRefusal<void> remove_episode(Judge& judge, schema::RemoveEpisode::Reader command) {
  CATLOG_TRY(id, judge.find(command.getEpisode()));
  CATLOG_PASS(judge.about({Entity::EPISODE, id}, Exists::yes));
  return judge.emit({Entity::EPISODE, id}, Which::EPISODE_REMOVED);
}

OrRefusal<void> put_genre(Judge& judge, schema::PutGenre::Reader command) {
  auto at = place(judge, Entity::GENRE, {command.getFacts().getTmdbId()});
  CATLOG_PASS(judge.about({Entity::GENRE, at.id}, at.exists));
  return put<schema::GenreFacts>(judge, {Entity::GENRE, at.id}, Which::GENRE_DESCRIBED, command.getFacts(),
                                 nothing_more);
}

OrRefusal<void> remove_genre(Judge& judge, schema::RemoveGenre::Reader command) {
  CATLOG_TRY(id, judge.find(command.getGenre()));
  CATLOG_PASS(judge.about({Entity::GENRE, id}, Exists::yes));
  if (judge.state().any(child_prefix(Entity::MOVIE_GENRE, 1, id)) ||
      judge.state().any(child_prefix(Entity::TV_SHOW_GENRE, 1, id)))
    return refuse(RefusalCode::RESTRICTED, "genre", "titles still have this genre; assign them others first");
  return judge.emit({Entity::GENRE, id}, Which::GENRE_REMOVED);
}

OrRefusal<void> put_genre_translation(Judge& judge, schema::PutGenreTranslation::Reader command) {
  CATLOG_TRY(id, judge.find(command.getGenre()));
  return put_translation<schema::GenreName>(judge, {Entity::GENRE, id}, Entity::GENRE_TRANSLATION,
                                            Which::GENRE_TRANSLATED, command.getText());
}

OrRefusal<void> remove_genre_translation(Judge& judge, schema::RemoveGenreTranslation::Reader command) {
  CATLOG_TRY(id, judge.find(command.getGenre()));
  return remove_translation(judge, {Entity::GENRE, id}, Entity::GENRE_TRANSLATION, Which::GENRE_TRANSLATION_REMOVED,
                            command.getLanguage());
}

constexpr Rule titles[] = {
    rule<C::PUT_MOVIE, &Reader::getPutMovie, put_title<OfMovie>>(),
    rule<C::RATE_MOVIE, &Reader::getRateMovie, rate_title<OfMovie>>(),
    rule<C::ASSIGN_MOVIE_GENRES, &Reader::getAssignMovieGenres, assign_genres<OfMovie>>(),
    rule<C::REMOVE_MOVIE, &Reader::getRemoveMovie, remove_movie>(),
    rule<C::PUT_MOVIE_TRANSLATION, &Reader::getPutMovieTranslation, put_title_translation<OfMovie>>(),
    rule<C::REMOVE_MOVIE_TRANSLATION, &Reader::getRemoveMovieTranslation, remove_title_translation<OfMovie>>(),
    rule<C::PUT_TV_SHOW, &Reader::getPutTvShow, put_title<OfTvShow>>(),
    rule<C::RATE_TV_SHOW, &Reader::getRateTvShow, rate_title<OfTvShow>>(),
    rule<C::ASSIGN_TV_SHOW_GENRES, &Reader::getAssignTvShowGenres, assign_genres<OfTvShow>>(),
    rule<C::REMOVE_TV_SHOW, &Reader::getRemoveTvShow, remove_tv_show>(),
    rule<C::PUT_TV_SHOW_TRANSLATION, &Reader::getPutTvShowTranslation, put_title_translation<OfTvShow>>(),
    rule<C::REMOVE_TV_SHOW_TRANSLATION, &Reader::getRemoveTvShowTranslation, remove_title_translation<OfTvShow>>(),
    rule<C::PUT_SEASON, &Reader::getPutSeason, put_season>(),
    rule<C::REMOVE_SEASON, &Reader::getRemoveSeason, remove_season>(),
    rule<C::PUT_EPISODE, &Reader::getPutEpisode, put_episode>(),
    rule<C::REMOVE_EPISODE, &Reader::getRemoveEpisode, remove_episode>(),
    rule<C::PUT_GENRE, &Reader::getPutGenre, put_genre>(),
    rule<C::REMOVE_GENRE, &Reader::getRemoveGenre, remove_genre>(),
    rule<C::PUT_GENRE_TRANSLATION, &Reader::getPutGenreTranslation, put_genre_translation>(),
    rule<C::REMOVE_GENRE_TRANSLATION, &Reader::getRemoveGenreTranslation, remove_genre_translation>(),
};

}  // namespace

std::span<const Rule> title_rules() { return titles; }

}  // namespace catlog::commandhandler
