#pragma once
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bin/torrent/scrape/swarm.h"
#include "bin/torrent/scrape/tracker_url.h"

// What is said between us and a tracker over HTTP (BEP 48).
namespace catlog::scrape {

constexpr size_t hashes_a_request = 64;  // a request's first line has to stay below what servers take
constexpr size_t max_answer_header = 8 << 10, max_answer_body = 64 << 10;

std::string scrape_request(const TrackerUrl& url, std::span<const Hash> hashes);

// What has come of an answer so far. A redirection is none that is followed: its address was not looked at.
struct HttpAnswer {
  enum class State { unfinished, whole, bad };
  State state = State::unfinished;
  std::string body;  // of one that is whole
};
enum class End { open, closed };  // whether more may come
HttpAnswer read_http(std::string_view input, End end);

// The swarms in an answer's body; what is none is left out. Nothing: it is no answer to a scrape.
std::optional<std::vector<std::pair<Hash, Swarm>>> read_scraped(std::string_view body);

}  // namespace catlog::scrape
