// Answers of trackers, decoded by libtorrent's bdecode, which holds the limits that it is given.
#include <libtorrent/bdecode.hpp>

#include <algorithm>
#include <cstring>

#include "bin/torrent/scrape/http_words.h"

namespace catlog::scrape {

namespace {

constexpr int max_depth = 5, max_tokens = 8'000;

uint32_t believed_number(const lt::bdecode_node& entry, const char* name) {
  return static_cast<uint32_t>(std::clamp<int64_t>(entry.dict_find_int_value(name, 0), 0, most_believed));
}

}  // namespace

std::optional<std::vector<std::pair<Hash, Swarm>>> read_scraped(std::string_view body) {
  if (body.size() > max_answer_body) return {};
  lt::error_code fault;
  const auto root =
      lt::bdecode({body.data(), static_cast<std::ptrdiff_t>(body.size())}, fault, nullptr, max_depth, max_tokens);
  if (fault || root.type() != lt::bdecode_node::dict_t) return {};
  const auto files = root.dict_find_dict("files");
  if (!files) return {};
  std::vector<std::pair<Hash, Swarm>> swarms;
  for (int at = 0; at < files.dict_size(); ++at) {
    const auto [name, entry] = files.dict_at(at);
    Hash hash;
    if (name.size() != hash.size() || entry.type() != lt::bdecode_node::dict_t) continue;
    std::memcpy(hash.data(), name.data(), hash.size());
    swarms.emplace_back(hash, Swarm{believed_number(entry, "complete"), believed_number(entry, "incomplete")});
  }
  return swarms;
}

}  // namespace catlog::scrape
