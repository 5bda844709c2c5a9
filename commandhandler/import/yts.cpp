#include "commandhandler/import/yts.h"

#include "events/vocabulary.h"

#include <algorithm>
#include <expected>
#include <unordered_map>

#include <fmt/format.h>

#include "events/blank.h"

namespace catlog::commandhandler::importing {
namespace {

using Error = std::unexpected<std::string>;

constexpr size_t info_hash_digits = 40;
constexpr std::string_view default_language = "en";

// What the torrents of a list have in common.
struct ListedMovie {
  std::string imdb_id, title, language;
};

std::string percent_encoded(std::string_view text) {
  constexpr std::string_view plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
  std::string encoded;
  for (char c : text) {
    if (plain.find(c) != std::string_view::npos) {
      encoded += c;
    } else {
      encoded += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return encoded;
}

// Empty when it is none.
std::string info_hash_of(std::string hash) {
  for (char& c : hash)
    if (c >= 'A' && c <= 'F') c = static_cast<char>(c - 'A' + 'a');
  bool is_hex = hash.find_first_not_of("0123456789abcdef") == std::string::npos;
  return is_hex && hash.size() == info_hash_digits ? hash : std::string();
}

std::expected<SourceOffer, std::string> read_torrent(const std::string& file, const ListedMovie& movie,
                                                     JsonObject torrent) {
  std::string hash = info_hash_of(torrent.text("hash"));
  SourceOffer offer{Planned(file, fmt::format("infoHash {}", hash)), hash, movie.imdb_id};
  auto add = offer.add.command().initAddMovieSource();
  add.initMovie().setImdbId(movie.imdb_id);
  auto facts = add.initFacts();
  facts.setQuality(torrent.text("quality"));
  facts.setType(torrent.text("type"));
  facts.setSize(torrent.integer("size_bytes").value_or(0));
  facts.setMagnetUri(fmt::format("magnet:?xt=urn:btih:{}&dn={}", hash, percent_encoded(movie.title)));
  facts.setLanguage(movie.language);
  facts.setTitle(movie.title);
  offer.seeds = torrent.integer("seeds").value_or(0);
  offer.peers = torrent.integer("peers").value_or(0);
  auto swarm = add.initSwarm();
  swarm.setSeeds(offer.seeds);
  swarm.setPeers(offer.peers);
  if (!torrent.problem().empty()) return Error(torrent.problem());
  if (hash.empty()) return Error("its `hash` is no infoHash of 40 hex digits");
  return offer;
}

void add_movie(const std::string& file, std::optional<JsonObject> entry, YtsPlan& plan) {
  auto report = [&](std::string reason) { plan.problems.push_back({file, std::move(reason)}); };
  if (!entry) return report("a movie is left out: it is no object");
  ListedMovie movie;
  movie.imdb_id = entry->text("imdb_code");
  movie.title = entry->text("title_long");
  if (events::is_blank(movie.title)) movie.title = entry->text("title");
  movie.language = language_of(entry->text("language"));
  if (movie.language.empty()) movie.language = default_language;
  auto torrents = entry->array("torrents");
  if (!entry->problem().empty()) return report(fmt::format("a movie is left out: {}", entry->problem()));
  if (events::is_blank(movie.imdb_id)) return report("a movie is left out: it has no `imdb_code`");
  if (!torrents) return;
  for (auto child : *torrents) {
    auto torrent = as_object(child);
    auto offer = torrent ? read_torrent(file, movie, *torrent) : Error("it is no object");
    if (offer) {
      plan.offers.push_back(std::move(*offer));
    } else {
      report(fmt::format("a torrent of {} is left out: {}", movie.imdb_id, offer.error()));
    }
  }
}

void add_response(const std::string& file, std::optional<JsonObject> response, YtsPlan& plan) {
  auto data = response ? response->object("data") : std::nullopt;
  auto movies = data ? data->array("movies") : std::nullopt;
  auto movie = data ? data->object("movie") : std::nullopt;
  bool is_empty_list = data && data->problem().empty() && data->has("movie_count");
  if (movies) {
    for (auto element : *movies) add_movie(file, as_object(element), plan);
  } else if (movie) {
    add_movie(file, movie, plan);
  } else if (!is_empty_list) {
    plan.problems.push_back({file, "this is no response of YTS with movies and their torrents"});
  }
}

}  // namespace

Planned SourceOffer::observation() const {
  Planned planned(add.file(), add.what());
  auto observe = planned.command().initObserveSwarm();
  observe.initSource().setInfoHash(info_hash);
  auto swarm = observe.initSwarm();
  swarm.setSeeds(seeds);
  swarm.setPeers(peers);
  return planned;
}

void add_yts_document(const std::string& file, simdjson::dom::element root, YtsPlan& plan) {
  simdjson::dom::array documents;
  if (!root.get_array().get(documents)) {
    for (auto document : documents) add_response(file, as_object(document), plan);
  } else {
    add_response(file, as_object(root), plan);
  }
}

YtsPlan plan_yts(const std::vector<std::string>& files) {
  YtsPlan plan;
  JsonFileReader reader;
  for (const std::string& file : files) {
    if (auto root = reader.read(file)) {
      add_yts_document(file, *root, plan);
    } else {
      plan.problems.push_back({file, root.error()});
    }
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
    // What failed for want of room or time would have been taken: a later offer must not be kept in its place.
    hash.settled = is_passing(outcome) || hash.tried == hash.offers.size();
    return;
  }
  hash.settled = hash.is_kept = true;
  if (outcome.verdict == Outcome::Verdict::unchanged) known_.push_back(at);
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
