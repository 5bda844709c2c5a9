#include "commandhandler/rules/torrents.h"

#include "events/schema/vocabulary.h"

#include "commandhandler/rules/magnet.h"

namespace catlog::commandhandler {
namespace {

// In the entity's declaration.
constexpr size_t by_other_hash = 2;

template <class Ref>
bool is_unknown_hash(const OrRefusal<int64_t>& found, Ref ref) {
  return !found && found.error().code == RefusalCode::NOT_FOUND && ref.hasInfoHash();
}

}  // namespace

OrRefusal<Torrent> torrent_of(std::string_view magnet_uri, const std::string& named) {
  const auto magnet = parse_magnet(magnet_uri);
  if (!magnet)
    return refuse(RefusalCode::INVALID, "magnetUri",
                  "magnetUri must be a magnet link that names one torrent: by one btih topic (40 hex digits or 32 of "
                  "base32), by one btmh topic (1220 and 64 hex digits), or by one of each");
  const std::string hash = named.empty() ? magnet->name() : named;
  if (hash != magnet->v1 && hash != magnet->v2)
    return refuse(RefusalCode::INVALID, "infoHash",
                  "infoHash must be the magnet's own, in lower-case hex; leave it out to have it taken from there");
  return Torrent{hash, hash == magnet->v1 ? magnet->v2 : magnet->v1, magnet->kept_as(hash)};
}

std::string with_hash(const std::string& magnet_uri, const std::string& named, const std::string& other) {
  auto magnet = parse_magnet(magnet_uri);
  if (!magnet) return magnet_uri;  // from before rules that it does not satisfy: it stays as it is
  for (const std::string& hash : {named, other})
    if (auto& known = hash.size() == 40 ? magnet->v1 : magnet->v2; !hash.empty() && known != hash) {
      known = hash;
      magnet->is_plain = false;
    }
  return magnet->kept_as(named);
}

std::optional<int64_t> source_with(const Judge& judge, const std::string& info_hash) {
  if (info_hash.empty()) return {};
  const auto named = judge.by_key(Entity::MOVIE_SOURCE, {info_hash});
  return named ? named : judge.by_key(Entity::MOVIE_SOURCE, {info_hash}, by_other_hash);
}

OrRefusal<int64_t> find_source(const Judge& judge, schema::SourceRef::Reader ref) {
  auto found = judge.find(ref, "source");
  if (!is_unknown_hash(found, ref)) return found;
  if (const auto id = source_with(judge, ref.getInfoHash().cStr())) return *id;
  return found;
}

OrRefusal<int64_t> find_storage(const Judge& judge, schema::StorageRef::Reader ref) {
  auto found = judge.find(ref);
  if (!is_unknown_hash(found, ref)) return found;
  const auto source = source_with(judge, ref.getInfoHash().cStr());
  if (!source) return found;
  const auto row = judge.row(Entity::MOVIE_SOURCE, *source);
  const auto id = judge.by_key(Entity::STORAGE, {kept_text(*row, Entity::MOVIE_SOURCE, "infoHash")});
  if (id) return *id;
  return found;
}

}  // namespace catlog::commandhandler
