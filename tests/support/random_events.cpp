#include "tests/support/random_events.h"

#include <fmt/format.h>

#include "tests/support/sample_events.h"

namespace catlog::tests {

namespace {

constexpr const char* language_codes[] = {"de", "en", "es", "fr", "ja"};

// What exists, as far as validity depends on it.
struct World {
  std::set<int64_t> movies, shows, genres, users, lists, syncs, audits;
  std::map<int64_t, int64_t> seasons, episodes, sources, storages, tokens, trakts;  // id to parent
  std::map<int64_t, std::set<int64_t>> movie_genres, show_genres, listed_movies, listed_shows;
  std::map<std::pair<int64_t, size_t>, int64_t> movie_translations;  // movie and language to id
  int64_t next_id = 1;
};

class Script {
 public:
  explicit Script(uint64_t seed) : random_(seed) {}

  void step() {
    drafts_.clear();
    // What happens more often stands here more than once.
    static constexpr void (Script::*acts[])() = {
        &Script::describe_movie,
        &Script::describe_movie,
        &Script::describe_show,
        &Script::genre,
        &Script::rate,
        &Script::assign_genres,
        &Script::translate,
        &Script::remove_movie,
        &Script::describe_season,
        &Script::describe_season,
        &Script::describe_episode,
        &Script::describe_episode,
        &Script::remove_season,
        &Script::add_source,
        &Script::observe,
        &Script::download,
        &Script::remove_source,
        &Script::register_user,
        &Script::issue_token,
        &Script::link_trakt,
        &Script::remove_user,
        &Script::list,
        &Script::sync_and_audit,
        &Script::remove_small_things,
        &Script::translate_others,
        &Script::remove_show,
    };
    (this->*acts[below(std::size(acts))])();
    if (!drafts_.empty()) script_.command(drafts_);
  }
  RecordScript take() { return std::move(script_); }

 private:
  void genre() { add(describe_genre()); }
  size_t below(size_t limit) { return random_() % limit; }
  int64_t fresh() { return world_.next_id++; }
  void add(EventDraft draft) { drafts_.push_back(std::move(draft)); }

  // An element, or 0 when there is none.
  int64_t any(const std::set<int64_t>& ids) {
    return ids.empty() ? 0 : *std::next(ids.begin(), static_cast<long>(below(ids.size())));
  }
  int64_t any(const std::map<int64_t, int64_t>& ids) {
    return ids.empty() ? 0 : std::next(ids.begin(), static_cast<long>(below(ids.size())))->first;
  }
  static bool has_child(const std::map<int64_t, int64_t>& children, int64_t parent) {
    for (auto [child, of] : children)
      if (of == parent) return true;
    return false;
  }
  std::string name() { return fmt::format("name {}", below(1000)); }

  void describe_movie() {
    int64_t id = below(3) ? fresh() : any(world_.movies);
    if (!id) return;
    bool is_new = world_.movies.insert(id).second;
    add(movie_described(id, name()));
    if (is_new && below(2)) add(movie_rated(id, static_cast<double>(below(900)) / 9, 5));
  }
  void describe_show() {
    int64_t id = below(3) ? fresh() : any(world_.shows);
    if (!id) return;
    world_.shows.insert(id);
    add(tv_show_described(id, name()));
  }
  EventDraft describe_genre() {
    int64_t id = world_.genres.size() < 6 ? fresh() : any(world_.genres);
    world_.genres.insert(id);
    return genre_described(id, name());
  }
  void rate() {
    if (int64_t id = any(world_.movies)) add(movie_rated(id, static_cast<double>(below(100)), 0.1));
    if (int64_t id = any(world_.shows)) add(tv_show_rated(id, 0.5, static_cast<double>(below(10))));
  }
  void assign_genres() {
    std::set<int64_t> chosen;
    for (size_t i = below(4); i > 0; --i)
      if (int64_t genre = any(world_.genres)) chosen.insert(genre);
    std::vector<int64_t> ids(chosen.begin(), chosen.end());
    if (int64_t id = any(world_.movies); id && below(2)) {
      world_.movie_genres[id] = chosen;
      add(movie_genres_assigned(id, ids));
    } else if (int64_t show = any(world_.shows)) {
      world_.show_genres[show] = chosen;
      add(tv_show_genres_assigned(show, ids));
    }
  }
  void translate() {
    int64_t movie = any(world_.movies);
    if (!movie) return;
    size_t language = below(std::size(language_codes));
    auto [found, is_new] = world_.movie_translations.try_emplace({movie, language}, 0);
    if (is_new) found->second = fresh();
    if (!is_new && below(3) == 0) {
      add(movie_translation_removed(movie, found->second));
      world_.movie_translations.erase(found);
    } else {
      add(movie_translated(movie, found->second, language_codes[language], name()));
    }
  }
  // In one language each, with the owner's id for the row's.
  void translate_others() {
    if (int64_t show = any(world_.shows)) add(tv_show_translated(show, show, "de", name()));
    if (int64_t genre = any(world_.genres)) add(genre_translated(genre, genre, "de", name()));
  }
  void remove_show() {
    int64_t id = any(world_.shows);
    if (!id || has_child(world_.seasons, id)) return;
    world_.shows.erase(id);
    world_.show_genres.erase(id);
    for (auto& [list, shows] : world_.listed_shows) shows.erase(id);
    add(tv_show_removed(id));
  }
  void remove_movie() {
    int64_t id = any(world_.movies);
    if (!id || has_child(world_.sources, id)) return;
    world_.movies.erase(id);
    world_.movie_genres.erase(id);
    std::erase_if(world_.movie_translations, [&](const auto& entry) { return entry.first.first == id; });
    for (auto& [list, movies] : world_.listed_movies) movies.erase(id);
    add(movie_removed(id));
  }
  void describe_season() {
    int64_t id = below(4) ? fresh() : any(world_.seasons);
    int64_t show = any(world_.shows);
    if (!id || !show) return;
    show = world_.seasons.try_emplace(id, show).first->second;
    add(season_described(id, show, id));
  }
  void describe_episode() {
    int64_t id = below(4) ? fresh() : any(world_.episodes);
    int64_t season = any(world_.seasons);
    if (!id || !season) return;
    season = world_.episodes.try_emplace(id, season).first->second;
    add(episode_described(id, season, id));
  }
  void remove_season() {
    int64_t id = any(world_.seasons);
    if (!id) return;
    // Sometimes each episode with its own event, sometimes the season alone takes them.
    bool separately = below(2) == 0;
    for (auto [episode, of] : world_.episodes)
      if (of == id && separately) add(episode_removed(episode));
    std::erase_if(world_.episodes, [&](const auto& entry) { return entry.second == id; });
    world_.seasons.erase(id);
    add(season_removed(id));
  }
  void add_source() {
    int64_t movie = any(world_.movies);
    if (!movie) return;
    int64_t id = fresh();
    world_.sources[id] = movie;
    add(source_added(id, movie));
    add(swarm_observed(id, static_cast<int64_t>(below(100)), static_cast<int64_t>(below(100))));
  }
  void observe() {
    if (int64_t id = any(world_.sources)) add(swarm_observed(id, static_cast<int64_t>(below(100)), 0));
  }
  EventDraft told_of(int64_t storage) {
    switch (below(5)) {
      case 0:
        return transfer_reported(storage, 0.5);
      case 1:
        return storage_placed(storage, static_cast<int64_t>(below(3)));
      case 2:
        return recheck_started(storage);
      case 3:
        return download_failed(storage, below(2) ? "the disk is full" : "nobody gives");
      default:
        return download_paused(storage);
    }
  }
  void download() {
    if (int64_t id = any(world_.storages)) add(told_of(id));
    int64_t source = any(world_.sources);
    if (!source || has_child(world_.storages, source)) return;
    int64_t id = fresh();
    world_.storages[id] = source;
    add(download_started(id, source));
  }
  void remove_source() {
    if (int64_t storage = any(world_.storages)) {
      world_.storages.erase(storage);
      add(below(2) ? storage_removed(storage) : storage_discarded(storage));
    }
    int64_t id = any(world_.sources);
    if (!id || has_child(world_.storages, id)) return;
    world_.sources.erase(id);
    add(source_removed(id));
  }
  void register_user() {
    int64_t id = fresh();
    world_.users.insert(id);
    add(user_registered(id, fmt::format("user{}", id)));
    world_.audits.insert(fresh());
    add(audit_recorded(*world_.audits.rbegin(), id));
  }
  void issue_token() {
    int64_t user = any(world_.users);
    if (!user) return;
    int64_t id = fresh();
    world_.tokens[id] = user;
    add(token_issued(user, id));
    if (below(3) == 0) add(role_assigned(user, "admin"));
  }
  void link_trakt() {
    int64_t user = any(world_.users);
    if (!user || has_child(world_.trakts, user)) return;
    int64_t id = fresh();
    world_.trakts[id] = user;
    add(trakt_linked(user, id, name()));
  }
  void remove_user() {
    int64_t id = any(world_.users);
    if (!id) return;
    world_.users.erase(id);
    for (auto [token, of] : world_.tokens)
      if (of == id) add(token_revoked(id, token));
    std::erase_if(world_.tokens, [&](const auto& entry) { return entry.second == id; });
    std::erase_if(world_.trakts, [&](const auto& entry) { return entry.second == id; });
    add(user_removed(id));
  }
  void list() {
    int64_t id = world_.lists.size() < 3 ? fresh() : any(world_.lists);
    if (world_.lists.insert(id).second) return add(list_created(id, name()));
    int64_t movie = any(world_.movies), show = any(world_.shows);
    if (movie) {
      bool listed = world_.listed_movies[id].insert(movie).second;
      if (!listed) world_.listed_movies[id].erase(movie);
      add(listed ? movie_listed(id, movie) : movie_delisted(id, movie));
    }
    if (show && world_.listed_shows[id].insert(show).second) add(tv_show_listed(id, show));
  }
  void sync_and_audit() {
    int64_t id = world_.syncs.size() < 2 ? fresh() : any(world_.syncs);
    world_.syncs.insert(id);
    add(sync_recorded(id, fmt::format("task{}", id)));
    int64_t audit = fresh();
    world_.audits.insert(audit);
    add(audit_recorded(audit, any(world_.users)));
  }
  void remove_small_things() {
    if (int64_t list_id = any(world_.lists); list_id && below(4) == 0) {
      world_.lists.erase(list_id);
      world_.listed_movies.erase(list_id);
      world_.listed_shows.erase(list_id);
      add(list_removed(list_id));
    }
    if (int64_t audit = any(world_.audits)) {
      world_.audits.erase(audit);
      add(audit_purged(audit));
    }
    int64_t genre = any(world_.genres);
    if (!genre) return;
    for (const auto* links : {&world_.movie_genres, &world_.show_genres})
      for (const auto& [owner, genres] : *links)
        if (genres.contains(genre)) return;
    world_.genres.erase(genre);
    add(genre_removed(genre));
  }

  std::mt19937_64 random_;
  World world_;
  RecordScript script_;
  std::vector<EventDraft> drafts_;
};

}  // namespace

RecordScript random_script(uint64_t seed, size_t commands) {
  Script script(seed);
  for (size_t i = 0; i < commands; ++i) script.step();
  return script.take();
}

}  // namespace catlog::tests
