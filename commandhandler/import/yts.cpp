#include "commandhandler/import/yts.h"

#include "events/schema/vocabulary.h"

#include <algorithm>
#include <expected>
#include <unordered_map>

#include <fmt/format.h>

#include "commandhandler/import/magnet_link.h"
#include "events/text/blank.h"
#include "events/text/utf8.h"

namespace catlog::commandhandler::importing {
namespace {

using Error = std::unexpected<std::string>;

constexpr size_t info_hash_digits = 40;

// What the torrents of a list have in common.
struct ListedMovie {
  std::string imdb_id, title, language;
};

// Empty when it is none.
std::string info_hash_of(std::string_view text) {
  std::string hash = events::lower_ascii(text);
  bool is_hex = hash.find_first_not_of("0123456789abcdef") == std::string::npos;
  return is_hex && hash.size() == info_hash_digits ? hash : std::string();
}

std::expected<SourceOffer, std::string> read_torrent(const std::string& file, const ListedMovie& movie,
                                                     const std::vector<std::string>& trackers, JsonObject torrent) {
  std::string hash = info_hash_of(torrent.text("hash"));
  SourceOffer offer{Planned(file, fmt::format("infoHash {}", hash)), hash, movie.imdb_id, {}, {}};
  auto add = offer.add.command().initAddMovieSource();
  add.initMovie().setImdbId(movie.imdb_id);
  auto facts = add.initFacts();
  facts.setQuality(torrent.text("quality"));
  facts.setType(torrent.text("type"));
  facts.setSize(torrent.integer("size_bytes").value_or(0));
  facts.setMagnetUri(
      with_trackers(fmt::format("magnet:?xt=urn:btih:{}&dn={}", hash, percent_encoded(movie.title)), trackers));
  facts.setLanguage(movie.language);
  facts.setTitle(movie.title);
  offer.seeds = torrent.integer("seeds");
  offer.peers = torrent.integer("peers");
  auto swarm = add.initSwarm();
  swarm.setSeeds(offer.seeds.value_or(0));
  swarm.setPeers(offer.peers.value_or(0));
  if (hash.empty()) torrent.wrong("hash", "infoHash of 40 hex digits");
  if (!torrent.problem().empty()) return Error(torrent.problem());
  return offer;
}

class Reader {
 public:
  Reader(const std::string& file, const YtsOptions& options, YtsPlan& plan)
      : file_(file), options_(options), plan_(plan) {}
  void add_response(const JsonValue& value);

 private:
  void report(std::string reason) { plan_.problems.push_back({file_, std::move(reason)}); }
  void add_movie(std::optional<JsonObject> entry, const JsonValue& value);
  void add_torrents(const ListedMovie& movie, const std::vector<JsonValue>& torrents);
  void note_absent(events::schema::SourceFacts::Reader facts);

  const std::string& file_;
  const YtsOptions& options_;
  YtsPlan& plan_;
};

void Reader::add_movie(std::optional<JsonObject> entry, const JsonValue& value) {
  if (!entry) return report(fmt::format("a movie is left out: `{}` is no object but {}", value.path(), value.shown()));
  ListedMovie movie;
  movie.imdb_id = entry->text("imdb_code");
  movie.title = entry->text("title_long");
  if (events::is_blank(movie.title)) movie.title = entry->text("title");
  auto torrents = entry->array("torrents");
  auto language = read_language(entry->text("language"));
  if (!language) language = options_.language;
  if (!entry->problem().empty()) return report(fmt::format("a movie is left out: {}", entry->problem()));
  if (events::is_blank(movie.imdb_id))
    return report(fmt::format("a movie is left out: `{}` has no `imdb_code`", value.path()));
  if (!torrents || torrents->empty()) return;
  if (!language) {
    entry->wrong("language", "language that is known");
    return report(fmt::format("the torrents of {} are left out: {}; --language says it for such movies", movie.imdb_id,
                              entry->problem()));
  }
  movie.language = language->code;
  add_torrents(movie, *torrents);
}

void Reader::add_torrents(const ListedMovie& movie, const std::vector<JsonValue>& torrents) {
  for (const JsonValue& value : torrents) {
    auto torrent = value.object();
    auto offer = torrent ? read_torrent(file_, movie, options_.trackers, *torrent)
                         : Error(fmt::format("`{}` is no object but {}", value.path(), value.shown()));
    if (offer) {
      note_absent(offer->add.command().getAddMovieSource().getFacts());
      plan_.offers.push_back(std::move(*offer));
    } else {
      report(fmt::format("a torrent of {} is left out: {}", movie.imdb_id, offer.error()));
    }
  }
}

void Reader::note_absent(events::schema::SourceFacts::Reader facts) {
  if (facts.getQuality().size() == 0) ++plan_.absent["`quality`"];
  if (facts.getType().size() == 0) ++plan_.absent["`type`"];
  if (facts.getSize() == 0) ++plan_.absent["`size_bytes`"];
}

void Reader::add_response(const JsonValue& value) {
  auto response = value.object();
  auto data = response ? response->object("data") : std::nullopt;
  auto movies = data ? data->array("movies") : std::nullopt;
  const bool is_empty_list = data && data->problem().empty() && data->has("movie_count");
  const auto movie = data && !movies ? data->object("movie") : std::nullopt;
  if (!movies && !movie && !is_empty_list)
    return report(fmt::format("this is no response of YTS with movies and their torrents: {}", value.shown()));
  ++plan_.documents;
  if (movie) add_movie(movie, value);
  if (!movies) return;
  for (const JsonValue& each : *movies) add_movie(each.object(), each);
}

}  // namespace

Planned SourceOffer::observation() const {
  Planned planned(add.file(), add.what());
  auto observe = planned.command().initObserveSwarm();
  observe.initSource().setInfoHash(info_hash);
  auto swarm = observe.initSwarm();
  swarm.setSeeds(seeds.value_or(0));
  swarm.setPeers(peers.value_or(0));
  return planned;
}

void add_yts_document(const std::string& file, const JsonValue& root, const YtsOptions& options, YtsPlan& plan) {
  Reader reader(file, options, plan);
  auto documents = root.array();
  if (!documents) return reader.add_response(root);
  for (const JsonValue& document : *documents) reader.add_response(document);
}

YtsPlan plan_yts(const std::vector<std::string>& files, const YtsOptions& options) {
  YtsPlan plan;
  JsonFileReader reader;
  for (const std::string& file : files) {
    if (auto root = reader.read(file))
      add_yts_document(file, *root, options, plan);
    else
      plan.problems.push_back({file, root.error()});
  }
  return plan;
}

SourceRounds::SourceRounds(YtsPlan plan) : offers_(std::move(plan.offers)), problems_(std::move(plan.problems)) {
  std::unordered_map<std::string, size_t> places;
  for (size_t at = 0; at < offers_.size(); ++at) {
    auto [place, is_new] = places.try_emplace(offers_[at].info_hash, hashes_.size());
    if (is_new) hashes_.emplace_back();
    hashes_[place->second].offers.push_back(at);
    hash_of_.push_back(place->second);
  }
}

std::vector<size_t> SourceRounds::next_round() {
  std::vector<size_t> round;
  for (const Hash& hash : hashes_)
    if (!hash.settled) round.push_back(hash.offers[hash.tried]);
  return round;
}

void SourceRounds::judge(size_t at, const Outcome& outcome) {
  Hash& hash = hashes_[hash_of_[at]];
  if (outcome.verdict == Outcome::Verdict::refused) {
    report_refusal(offers_[at], outcome);
    ++hash.tried;
    // What failed for want of space or time would have been taken: a later offer must not be kept in its place.
    hash.settled = is_passing(outcome) || hash.tried == hash.offers.size();
    return;
  }
  hash.settled = hash.is_kept = true;
  if (outcome.verdict == Outcome::Verdict::unchanged && offers_[at].is_observed()) known_.push_back(at);
}

void SourceRounds::report_refusal(const SourceOffer& offer, const Outcome& outcome) {
  if (outcome.code == events::schema::RefusalCode::NOT_FOUND) {
    if (!missing_.emplace(offer.add.file(), offer.imdb_id).second) return;
    problems_.push_back({offer.add.file(), fmt::format("{} is not in the catalogue; import its movie first to get its "
                                                       "torrents",
                                                       offer.imdb_id)});
    return;
  }
  problems_.push_back({offer.add.file(), fmt::format("infoHash {} for {}: {}: {}", offer.info_hash, offer.imdb_id,
                                                     spelling_of(outcome.code), outcome.message)});
}

std::vector<Problem> SourceRounds::problems() && {
  for (const Hash& hash : hashes_) {
    if (!hash.is_kept) continue;
    const SourceOffer& kept = offers_[hash.offers[hash.tried]];
    for (size_t at = hash.tried + 1; at < hash.offers.size(); ++at) {
      const SourceOffer& other = offers_[hash.offers[at]];
      problems_.push_back(
          {other.add.file(), fmt::format("infoHash {} occurs again for {}, kept for {} of {}", other.info_hash,
                                         other.imdb_id, kept.imdb_id, kept.add.file())});
    }
  }
  return std::move(problems_);
}

}  // namespace catlog::commandhandler::importing
