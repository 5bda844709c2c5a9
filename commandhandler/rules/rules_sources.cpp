// Torrent sources.
#include "events/schema/vocabulary.h"

#include <fmt/format.h>

#include "commandhandler/rules/rules.h"
#include "commandhandler/rules/score.h"
#include "commandhandler/rules/torrents.h"

namespace catlog::commandhandler {
namespace {

using C = schema::Command;
using Reader = schema::Command::Reader;

constexpr int64_t default_rescored = 1'000, max_rescored = 10'000;

// Where a row has what each look at a swarm reads.
struct Places {
  size_t movie = of_source("movieId"), quality = of_source("quality"), type = of_source("type"),
         size = of_source("size"), language = of_source("language"), seeds = of_source("seeds"),
         peers = of_source("peers"), last_seen = of_source("lastSeen");
  size_t runtime = number_of(Entity::MOVIE, "runtime");

 private:
  static size_t of_source(std::string_view column) { return number_of(Entity::MOVIE_SOURCE, column); }
};

const Places& places() {
  static const Places found;
  return found;
}

int64_t or_zero(int64_t value) { return value == events::absent_int ? 0 : value; }

double score_of(const EncodedRow& movie, std::string_view quality, std::string_view type, int64_t size, int64_t seeds,
                int64_t peers, std::string_view language) {
  int64_t runtime = or_zero(kept_int(movie, places().runtime));
  return score({quality, type, size, runtime, seeds, peers, language});
}

double score_of(const Judge& judge, const EncodedRow& source, int64_t seeds, int64_t peers) {
  const Places& at = places();
  auto movie = judge.row(Entity::MOVIE, kept_int(source, at.movie));
  CATLOG_CHECK(movie);
  return score_of(*movie, kept_text(source, at.quality), kept_text(source, at.type), kept_int(source, at.size), seeds,
                  peers, kept_text(source, at.language));
}

double kept_score(const EncodedRow& source) { return kept_real(source, Entity::MOVIE_SOURCE, "score").value_or(-1); }

// The facts of a source as they are, to be changed.
void fill_as_kept(const EncodedRow& source, schema::SourceFacts::Builder facts) {
  auto text = [&](const char* column) { return kept_text(source, Entity::MOVIE_SOURCE, column); };
  auto number = [&](const char* column) { return kept_int(source, Entity::MOVIE_SOURCE, column); };
  facts.setMovieId(number("movieId"));
  facts.setQuality(text("quality"));
  facts.setType(text("type"));
  facts.setSize(number("size"));
  facts.setMagnetUri(text("magnetUri"));
  facts.setInfoHash(text("infoHash"));
  facts.setLanguage(text("language"));
  facts.setTitle(text("title"));
  if (const auto other = text("otherHash"); !other.empty()) facts.setOtherHash(other);
}

// The same swarm, scored anew, if that makes another score.
OrRefusal<void> rescore(Judge& judge, int64_t id) {
  auto source = judge.row(Entity::MOVIE_SOURCE, id);
  auto number = [&](const char* column) { return kept_int(*source, Entity::MOVIE_SOURCE, column); };
  double now = score_of(judge, *source, number("seeds"), number("peers"));
  if (now == kept_score(*source)) return {};
  CATLOG_PASS(judge.emit<schema::Swarm>({Entity::MOVIE_SOURCE, id}, Which::MOVIE_SOURCE_RESCORED, [&](auto& swarm) {
    swarm.setSeeds(number("seeds"));
    swarm.setPeers(number("peers"));
    swarm.setLastSeen(number("lastSeen"));
    swarm.setScore(now);
  }));
  return {};
}

// The source that this torrent is already, by either hash; nothing when it is new.
OrRefusal<std::optional<int64_t>> known_as(const Judge& judge, const Torrent& torrent) {
  const auto named = source_with(judge, torrent.info_hash), other = source_with(judge, torrent.other_hash);
  if (named && other && *named != *other)
    return refuse(RefusalCode::DUPLICATE, "magnetUri",
                  fmt::format("this torrent is here as two sources, with ids {} and {}; remove one of them first",
                              std::min(*named, *other), std::max(*named, *other)));
  return named ? named : other;
}

// A link may tell the second hash of a torrent that was known by one.
OrRefusal<void> add_other_hash(Judge& judge, int64_t id, const Torrent& torrent) {
  auto source = judge.row(Entity::MOVIE_SOURCE, id);
  if (torrent.other_hash.empty() || !kept_text(*source, Entity::MOVIE_SOURCE, "otherHash").empty()) return {};
  const auto named = kept_text(*source, Entity::MOVIE_SOURCE, "infoHash");
  const auto& other = named == torrent.info_hash ? torrent.other_hash : torrent.info_hash;
  const auto link = with_hash(kept_text(*source, Entity::MOVIE_SOURCE, "magnetUri"), named, other);
  CATLOG_PASS(
      judge.emit<schema::SourceFacts>({Entity::MOVIE_SOURCE, id}, Which::MOVIE_SOURCE_CORRECTED, [&](auto& facts) {
        fill_as_kept(*source, facts);
        facts.setMagnetUri(link);
        facts.setOtherHash(other);
      }));
  return {};
}

OrRefusal<void> add_movie_source(Judge& judge, schema::AddMovieSource::Reader command) {
  CATLOG_TRY(movie, judge.find(command.getMovie()));
  auto facts = command.getFacts();
  if (!facts.hasMagnetUri()) return refuse(RefusalCode::INVALID, "magnetUri", "magnetUri is required");
  if (facts.hasInfoHash() && facts.getInfoHash().size() == 0)
    return refuse(RefusalCode::INVALID, "infoHash", "infoHash must be the magnet's own; leave it out otherwise");
  CATLOG_TRY(torrent, torrent_of(facts.getMagnetUri().cStr(), facts.hasInfoHash() ? facts.getInfoHash().cStr() : ""));
  CATLOG_TRY(known, known_as(judge, torrent));
  if (known) {
    auto row = judge.row(Entity::MOVIE_SOURCE, *known);
    if (kept_int(*row, Entity::MOVIE_SOURCE, "movieId") != movie)
      return refuse(RefusalCode::DUPLICATE, "infoHash", "this info hash is a source of another movie already");
    CATLOG_PASS(judge.about({Entity::MOVIE_SOURCE, *known}, Exists::yes));
    return add_other_hash(judge, *known, torrent);
  }
  Stream stream{Entity::MOVIE_SOURCE, judge.next_id(Entity::MOVIE_SOURCE)};
  CATLOG_PASS(judge.about(stream, Exists::no));
  CATLOG_PASS(judge.emit<schema::SourceFacts>(Emit::always, stream, Which::MOVIE_SOURCE_ADDED, facts, [&](auto& group) {
    group.setMovieId(movie);
    group.setInfoHash(torrent.info_hash);
    group.setMagnetUri(torrent.magnet_uri);
    if (!torrent.other_hash.empty()) group.setOtherHash(torrent.other_hash);
  }));
  auto source = judge.row(Entity::MOVIE_SOURCE, stream.id);
  CATLOG_PASS(
      judge.emit<schema::Swarm>(Emit::always, stream, Which::SWARM_OBSERVED, command.getSwarm(), [&](auto& swarm) {
        swarm.setSeeds(or_zero(swarm.getSeeds()));
        swarm.setPeers(or_zero(swarm.getPeers()));
        if (swarm.getLastSeen() == events::absent_int) swarm.setLastSeen(judge.now_us());
        swarm.setScore(score_of(judge, *source, swarm.getSeeds(), swarm.getPeers()));
      }));
  return {};
}

OrRefusal<void> observe_swarm(Judge& judge, schema::ObserveSwarm::Reader command) {
  CATLOG_TRY(id, find_source(judge, command.getSource()));
  CATLOG_PASS(judge.about({Entity::MOVIE_SOURCE, id}, Exists::yes));
  auto swarm = command.getSwarm();
  for (auto [name, value] : {std::pair("seeds", swarm.getSeeds()), std::pair("peers", swarm.getPeers())})
    if (value == events::absent_int) return refuse(RefusalCode::INVALID, name, fmt::format("{} is required", name));
  auto source = judge.row(Entity::MOVIE_SOURCE, id);
  int64_t last_seen = kept_int(*source, places().last_seen);
  bool same =
      swarm.getSeeds() == kept_int(*source, places().seeds) && swarm.getPeers() == kept_int(*source, places().peers);
  // The time of seeing never goes back: a late message about an earlier look changes nothing it has not to.
  int64_t seen = swarm.getLastSeen() == events::absent_int ? (same ? last_seen : judge.now_us())
                                                           : std::max(swarm.getLastSeen(), last_seen);
  if (same && seen == last_seen) return {};
  CATLOG_PASS(judge.emit<schema::Swarm>(Emit::always, {Entity::MOVIE_SOURCE, id}, Which::SWARM_OBSERVED, swarm,
                                        [&](auto& group) {
                                          group.setLastSeen(seen);
                                          group.setScore(score_of(judge, *source, swarm.getSeeds(), swarm.getPeers()));
                                        }));
  return {};
}

OrRefusal<void> rescore_sources(Judge& judge, schema::RescoreSources::Reader command) {
  int64_t limit = command.getLimit() == events::absent_int ? default_rescored : command.getLimit();
  if (limit < 1 || limit > max_rescored)
    return refuse(RefusalCode::INVALID, "limit", fmt::format("limit must be 1 to {}", max_rescored));
  auto prefix = index_prefix(Entity::MOVIE_SOURCE, 1, {});
  int64_t after = or_zero(command.getAfter());
  if (after < 0) return refuse(RefusalCode::INVALID, "after", "after must be a source's id, or 0 to begin");
  if (after == INT64_MAX) return {};
  auto keys = judge.state().keys(prefix, index_entry(prefix, after + 1), static_cast<size_t>(limit));
  if (keys.empty()) return {};
  CATLOG_PASS(judge.look_at(keys.size()));
  // The receipt names the last source that was looked at: the next command's `after`.
  Stream last{Entity::MOVIE_SOURCE, id_at_end(keys.back())};
  CATLOG_PASS(judge.about(last, Exists::yes));
  for (const auto& key : keys) CATLOG_PASS(rescore(judge, id_at_end(key)));
  return {};
}

// The corrected link: of the same torrent, with both hashes that are known now.
OrRefusal<Torrent> corrected_link(const Judge& judge, int64_t id, const EncodedRow& source, std::string_view link) {
  const auto named = kept_text(source, Entity::MOVIE_SOURCE, "infoHash");
  const auto other = kept_text(source, Entity::MOVIE_SOURCE, "otherHash");
  CATLOG_TRY(given, torrent_of(link, ""));
  auto is_of = [&](const std::string& hash) { return !hash.empty() && (hash == named || hash == other); };
  const bool agrees = given.other_hash.empty() ? is_of(given.info_hash)
                      : other.empty()          ? is_of(given.info_hash) || is_of(given.other_hash)
                                               : is_of(given.info_hash) && is_of(given.other_hash);
  if (!agrees)
    return refuse(RefusalCode::INVALID, "magnetUri",
                  "magnetUri must be a link of the same torrent; another torrent is a source of its own");
  CATLOG_TRY(known, known_as(judge, given));
  CATLOG_CHECK(known && *known == id);
  const auto second = given.info_hash == named ? given.other_hash : given.info_hash;
  Torrent torrent{named, other.empty() ? second : other, {}};
  torrent.magnet_uri = with_hash(given.magnet_uri, named, torrent.other_hash);
  return torrent;
}

OrRefusal<void> correct_movie_source(Judge& judge, schema::CorrectMovieSource::Reader command) {
  CATLOG_TRY(id, find_source(judge, command.getSource()));
  CATLOG_PASS(judge.about({Entity::MOVIE_SOURCE, id}, Exists::yes));
  const auto source = judge.row(Entity::MOVIE_SOURCE, id);
  Torrent torrent{kept_text(*source, Entity::MOVIE_SOURCE, "infoHash"),
                  kept_text(*source, Entity::MOVIE_SOURCE, "otherHash"),
                  kept_text(*source, Entity::MOVIE_SOURCE, "magnetUri")};
  if (command.hasMagnetUri()) {
    CATLOG_TRY(link, corrected_link(judge, id, *source, command.getMagnetUri().cStr()));
    torrent = link;
  }
  capnp::MallocMessageBuilder message;
  auto facts = message.initRoot<schema::SourceFacts>();
  fill_as_kept(*source, facts);
  facts.setMagnetUri(torrent.magnet_uri);
  if (!torrent.other_hash.empty()) facts.setOtherHash(torrent.other_hash);
  if (command.hasQuality()) facts.setQuality(command.getQuality());
  if (command.hasType()) facts.setType(command.getType());
  if (command.hasLanguage()) facts.setLanguage(command.getLanguage());
  if (command.hasTitle()) facts.setTitle(command.getTitle());
  if (command.getSize() != events::absent_int) facts.setSize(command.getSize());
  CATLOG_PASS(judge.emit<schema::SourceFacts>(Emit::if_changed, {Entity::MOVIE_SOURCE, id},
                                              Which::MOVIE_SOURCE_CORRECTED, facts.asReader(), [](auto&) {}));
  return rescore(judge, id);
}

OrRefusal<void> remove_movie_source(Judge& judge, schema::RemoveMovieSource::Reader command) {
  CATLOG_TRY(id, find_source(judge, command.getSource()));
  CATLOG_PASS(judge.about({Entity::MOVIE_SOURCE, id}, Exists::yes));
  auto source = judge.row(Entity::MOVIE_SOURCE, id);
  if (judge.by_key(Entity::STORAGE, {kept_text(*source, Entity::MOVIE_SOURCE, "infoHash")}))
    return refuse(RefusalCode::RESTRICTED, "source", "the source is being downloaded; remove its storage first");
  return judge.emit({Entity::MOVIE_SOURCE, id}, Which::MOVIE_SOURCE_REMOVED);
}

constexpr Rule sources[] = {
    rule<C::ADD_MOVIE_SOURCE, &Reader::getAddMovieSource, add_movie_source>(),
    rule<C::CORRECT_MOVIE_SOURCE, &Reader::getCorrectMovieSource, correct_movie_source>(),
    rule<C::OBSERVE_SWARM, &Reader::getObserveSwarm, observe_swarm>(),
    rule<C::RESCORE_SOURCES, &Reader::getRescoreSources, rescore_sources>(),
    rule<C::REMOVE_MOVIE_SOURCE, &Reader::getRemoveMovieSource, remove_movie_source>(),
};

}  // namespace

std::span<const Rule> source_rules() { return sources; }

}  // namespace catlog::commandhandler
