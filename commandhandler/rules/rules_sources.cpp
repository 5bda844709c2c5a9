// Torrent sources and downloads.
#include "events/schema/vocabulary.h"

#include <fmt/format.h>

#include "commandhandler/rules/magnet.h"
#include "commandhandler/rules/rules.h"
#include "commandhandler/rules/score.h"

namespace catlog::commandhandler {
namespace {

using C = schema::Command;
using Reader = schema::Command::Reader;

using schema::DownloadStatus;

constexpr int64_t default_rescored = 1'000, max_rescored = 10'000;

int64_t or_zero(int64_t value) { return value == events::absent_int ? 0 : value; }

double score_of(const Row& movie, std::string_view quality, std::string_view type, int64_t size, int64_t seeds,
                int64_t peers, std::string_view language) {
  int64_t runtime = or_zero(kept_int(movie, Entity::MOVIE, "runtime"));
  return score({quality, type, size, runtime, seeds, peers, language});
}

double score_of(const Judge& judge, const Row& source, int64_t seeds, int64_t peers) {
  auto movie = judge.row(Entity::MOVIE, kept_int(source, Entity::MOVIE_SOURCE, "movieId"));
  CATLOG_CHECK(movie);
  auto text = [&](const char* column) { return kept_text(source, Entity::MOVIE_SOURCE, column); };
  return score_of(*movie, text("quality"), text("type"), kept_int(source, Entity::MOVIE_SOURCE, "size"), seeds, peers,
                  text("language"));
}

double kept_score(const Row& source) {
  const auto* value = std::get_if<double>(&kept(source, Entity::MOVIE_SOURCE, "score"));
  return value ? *value : -1;
}

struct Torrent {
  std::string info_hash;   // the one that names the source
  std::string magnet_uri;  // as it is kept
};

OrRefusal<Torrent> torrent_of(schema::SourceFacts::Reader facts) {
  if (!facts.hasMagnetUri()) return refuse(RefusalCode::INVALID, "magnetUri", "magnetUri is required");
  auto magnet = parse_magnet({facts.getMagnetUri().begin(), facts.getMagnetUri().size()});
  if (!magnet)
    return refuse(RefusalCode::INVALID, "magnetUri",
                  "magnetUri must be a magnet link that names one torrent: by one btih topic (40 hex digits or 32 of "
                  "base32), by one btmh topic (1220 and 64 hex digits), or by one of each");
  std::string given = facts.hasInfoHash() ? facts.getInfoHash().cStr() : magnet->name().c_str();
  if (given.empty() || (given != magnet->v1 && given != magnet->v2))
    return refuse(RefusalCode::INVALID, "infoHash",
                  "infoHash must be the magnet's own, in lower-case hex; leave it out to have it taken from there");
  auto kept = magnet->kept_as(given);
  return Torrent{std::move(given), std::move(kept)};
}

OrRefusal<void> set_status(Judge& judge, schema::StorageRef::Reader ref, Which which, DownloadStatus to,
                           std::initializer_list<DownloadStatus> from, const char* otherwise) {
  CATLOG_TRY(id, judge.find(ref));
  CATLOG_PASS(judge.about({Entity::STORAGE, id}, Exists::yes));
  auto row = judge.row(Entity::STORAGE, id);
  auto status = static_cast<DownloadStatus>(kept_int(*row, Entity::STORAGE, "status"));
  if (status == to) return {};
  if (std::find(from.begin(), from.end(), status) == from.end())
    return refuse(RefusalCode::INVALID, "status", otherwise);
  CATLOG_PASS(
      judge.emit<schema::StorageStatus>({Entity::STORAGE, id}, which, [&](auto& group) { group.setStatus(to); }));
  return {};
}

// What a report may say next; pausing, resuming and failing are commands of their own.
bool may_report(DownloadStatus from, DownloadStatus to) {
  if (from == to) return true;
  switch (from) {
    case DownloadStatus::DOWNLOADING:
      return to == DownloadStatus::COMPLETED || to == DownloadStatus::SEEDING || to == DownloadStatus::ERROR;
    case DownloadStatus::COMPLETED:
      return to == DownloadStatus::SEEDING || to == DownloadStatus::ERROR;
    case DownloadStatus::SEEDING:
      return to == DownloadStatus::COMPLETED || to == DownloadStatus::ERROR;
    default:
      return false;
  }
}

OrRefusal<void> add_movie_source(Judge& judge, schema::AddMovieSource::Reader command) {
  CATLOG_TRY(movie, judge.find(command.getMovie()));
  auto facts = command.getFacts();
  CATLOG_TRY(torrent, torrent_of(facts));
  if (auto known = judge.by_key(Entity::MOVIE_SOURCE, {torrent.info_hash})) {
    auto row = judge.row(Entity::MOVIE_SOURCE, *known);
    if (kept_int(*row, Entity::MOVIE_SOURCE, "movieId") != movie)
      return refuse(RefusalCode::DUPLICATE, "infoHash", "this info hash is a source of another movie already");
    return judge.about({Entity::MOVIE_SOURCE, *known}, Exists::yes);
  }
  Stream stream{Entity::MOVIE_SOURCE, judge.next_id(Entity::MOVIE_SOURCE)};
  CATLOG_PASS(judge.about(stream, Exists::no));
  CATLOG_PASS(judge.emit<schema::SourceFacts>(Emit::always, stream, Which::MOVIE_SOURCE_ADDED, facts, [&](auto& group) {
    group.setMovieId(movie);
    group.setInfoHash(torrent.info_hash);
    group.setMagnetUri(torrent.magnet_uri);
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
  CATLOG_TRY(id, judge.find(command.getSource(), "source"));
  CATLOG_PASS(judge.about({Entity::MOVIE_SOURCE, id}, Exists::yes));
  auto swarm = command.getSwarm();
  for (auto [name, value] : {std::pair("seeds", swarm.getSeeds()), std::pair("peers", swarm.getPeers())})
    if (value == events::absent_int) return refuse(RefusalCode::INVALID, name, fmt::format("{} is required", name));
  auto source = judge.row(Entity::MOVIE_SOURCE, id);
  int64_t last_seen = kept_int(*source, Entity::MOVIE_SOURCE, "lastSeen");
  bool same = swarm.getSeeds() == kept_int(*source, Entity::MOVIE_SOURCE, "seeds") &&
              swarm.getPeers() == kept_int(*source, Entity::MOVIE_SOURCE, "peers");
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
  for (const auto& key : keys) {
    Stream stream{Entity::MOVIE_SOURCE, id_at_end(key)};
    auto source = judge.row(stream.kind, stream.id);
    auto number = [&](const char* column) { return kept_int(*source, Entity::MOVIE_SOURCE, column); };
    double now = score_of(judge, *source, number("seeds"), number("peers"));
    if (now == kept_score(*source)) continue;
    CATLOG_PASS(judge.emit<schema::Swarm>(stream, Which::MOVIE_SOURCE_RESCORED, [&](auto& swarm) {
      swarm.setSeeds(number("seeds"));
      swarm.setPeers(number("peers"));
      swarm.setLastSeen(number("lastSeen"));
      swarm.setScore(now);
    }));
  }
  return {};
}

OrRefusal<void> remove_movie_source(Judge& judge, schema::RemoveMovieSource::Reader command) {
  CATLOG_TRY(id, judge.find(command.getSource(), "source"));
  CATLOG_PASS(judge.about({Entity::MOVIE_SOURCE, id}, Exists::yes));
  auto source = judge.row(Entity::MOVIE_SOURCE, id);
  if (judge.by_key(Entity::STORAGE, {kept_text(*source, Entity::MOVIE_SOURCE, "infoHash")}))
    return refuse(RefusalCode::RESTRICTED, "source", "the source is being downloaded; remove its storage first");
  return judge.emit({Entity::MOVIE_SOURCE, id}, Which::MOVIE_SOURCE_REMOVED);
}

OrRefusal<void> start_download(Judge& judge, schema::StartDownload::Reader command) {
  CATLOG_TRY(source_id, judge.find(command.getSource(), "source"));
  auto source = judge.row(Entity::MOVIE_SOURCE, source_id);
  auto info_hash = kept_text(*source, Entity::MOVIE_SOURCE, "infoHash");
  if (judge.by_key(Entity::STORAGE, {info_hash}))
    return refuse(RefusalCode::DUPLICATE, "source", "this source has a download already; resume that one");
  Stream stream{Entity::STORAGE, judge.next_id(Entity::STORAGE)};
  CATLOG_PASS(judge.about(stream, Exists::no));
  CATLOG_PASS(judge.emit<schema::StorageStart>(stream, Which::DOWNLOAD_STARTED, [&](auto& group) {
    group.setInfoHash(info_hash);
    group.setStatus(DownloadStatus::DOWNLOADING);
  }));
  return {};
}

OrRefusal<void> report_transfer(Judge& judge, schema::ReportTransfer::Reader command) {
  CATLOG_TRY(id, judge.find(command.getStorage()));
  Stream stream{Entity::STORAGE, id};
  CATLOG_PASS(judge.about(stream, Exists::yes));
  auto row = judge.row(Entity::STORAGE, id);
  auto from = static_cast<DownloadStatus>(kept_int(*row, Entity::STORAGE, "status"));
  auto to = command.getStatus() == DownloadStatus::UNSET ? from : command.getStatus();
  if (to > DownloadStatus::ERROR)
    return refuse(RefusalCode::INVALID, "status",
                  "status must be one of downloading, completed, seeding, paused, error");
  if (!may_report(from, to))
    return refuse(RefusalCode::INVALID, "status",
                  "this status cannot follow the present one; pause, resume and fail are commands of their own");
  CATLOG_PASS(judge.emit<schema::Transfer>(Emit::if_changed, stream, Which::TRANSFER_REPORTED, command.getTransfer(),
                                           [](auto&) {}));
  if (to == from) return {};
  CATLOG_PASS(judge.emit<schema::StorageStatus>(stream, Which::DOWNLOAD_STATUS_REPORTED,
                                                [&](auto& group) { group.setStatus(to); }));
  return {};
}

OrRefusal<void> pause_download(Judge& judge, schema::OnStorage::Reader command) {
  return set_status(judge, command.getStorage(), Which::DOWNLOAD_PAUSED, DownloadStatus::PAUSED,
                    {DownloadStatus::DOWNLOADING, DownloadStatus::SEEDING},
                    "only a download that is downloading or seeding can be paused");
}

OrRefusal<void> resume_download(Judge& judge, schema::OnStorage::Reader command) {
  CATLOG_TRY(id, judge.find(command.getStorage()));
  auto row = judge.row(Entity::STORAGE, id);
  const auto* progress = std::get_if<double>(&kept(*row, Entity::STORAGE, "downloadProgress"));
  auto to = progress && *progress >= 1 ? DownloadStatus::SEEDING : DownloadStatus::DOWNLOADING;
  return set_status(judge, command.getStorage(), Which::DOWNLOAD_RESUMED, to,
                    {DownloadStatus::PAUSED, DownloadStatus::ERROR},
                    "only a download that is paused or failed can be resumed");
}

OrRefusal<void> fail_download(Judge& judge, schema::OnStorage::Reader command) {
  return set_status(
      judge, command.getStorage(), Which::DOWNLOAD_FAILED, DownloadStatus::ERROR,
      {DownloadStatus::DOWNLOADING, DownloadStatus::COMPLETED, DownloadStatus::SEEDING, DownloadStatus::PAUSED},
      "this download cannot fail");
}

OrRefusal<void> remove_storage(Judge& judge, schema::OnStorage::Reader command) {
  CATLOG_TRY(id, judge.find(command.getStorage()));
  CATLOG_PASS(judge.about({Entity::STORAGE, id}, Exists::yes));
  return judge.emit({Entity::STORAGE, id}, Which::STORAGE_REMOVED);
}

constexpr Rule sources[] = {
    rule<C::ADD_MOVIE_SOURCE, &Reader::getAddMovieSource, add_movie_source>(),
    rule<C::OBSERVE_SWARM, &Reader::getObserveSwarm, observe_swarm>(),
    rule<C::RESCORE_SOURCES, &Reader::getRescoreSources, rescore_sources>(),
    rule<C::REMOVE_MOVIE_SOURCE, &Reader::getRemoveMovieSource, remove_movie_source>(),
    rule<C::START_DOWNLOAD, &Reader::getStartDownload, start_download>(),
    rule<C::REPORT_TRANSFER, &Reader::getReportTransfer, report_transfer>(),
    rule<C::PAUSE_DOWNLOAD, &Reader::getPauseDownload, pause_download>(),
    rule<C::RESUME_DOWNLOAD, &Reader::getResumeDownload, resume_download>(),
    rule<C::FAIL_DOWNLOAD, &Reader::getFailDownload, fail_download>(),
    rule<C::REMOVE_STORAGE, &Reader::getRemoveStorage, remove_storage>(),
};

}  // namespace

std::span<const Rule> source_rules() { return sources; }

}  // namespace catlog::commandhandler
