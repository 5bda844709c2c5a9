#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "commandhandler/rules/judge.h"

namespace catlog::commandhandler {

// A torrent as a link names it.
struct Torrent {
  std::string info_hash;   // the one that names its source
  std::string other_hash;  // of its other version; empty: the link names none
  std::string magnet_uri;  // as it is kept
};

// What this link names. `named`: the hash that names the source, one of the link's; empty: the link's first.
OrRefusal<Torrent> torrent_of(std::string_view magnet_uri, const std::string& named);

// A link that is kept under `named`, with the topic of `other` (empty: none) in it too.
std::string with_hash(const std::string& magnet_uri, const std::string& named, const std::string& other);

// The source that has this info hash as either of its own.
std::optional<int64_t> source_with(const Judge& judge, const std::string& info_hash);

// As Judge::find; an info hash may also be the other one of a hybrid.
OrRefusal<int64_t> find_source(const Judge& judge, schema::SourceRef::Reader ref);
OrRefusal<int64_t> find_storage(const Judge& judge, schema::StorageRef::Reader ref);

}  // namespace catlog::commandhandler
