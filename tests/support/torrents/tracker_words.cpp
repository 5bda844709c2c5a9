#include "tests/support/torrents/tracker_words.h"

#include <algorithm>
#include <charconv>
#include <vector>

#include <fmt/format.h>

namespace catlog::tests {

using Manner = TrackerManner;

namespace {

constexpr size_t hash_bytes = 20, head_bytes = 16, announce_bytes = 98, largest_datagram = 65'000, endless = 32 << 20;
constexpr uint64_t protocol = 0x41727101980;
constexpr uint32_t seconds_between = 5;
constexpr std::chrono::milliseconds late_by{300};
enum Action : uint32_t { connect, announcing, scraping, error };

std::string big_endian(uint64_t value, size_t bytes) {
  std::string text(bytes, '\0');
  for (size_t at = bytes; at-- > 0; value >>= 8) text[at] = static_cast<char>(value & 0xff);
  return text;
}

uint64_t number_at(std::string_view bytes, size_t at, size_t size) {
  uint64_t value = 0;
  for (const char byte : bytes.substr(at, size)) value = value << 8 | static_cast<unsigned char>(byte);
  return value;
}

std::string bytes_of(std::string_view hex) {
  std::string bytes;
  for (size_t at = 0; at + 1 < hex.size(); at += 2) {
    unsigned value = 0;
    std::from_chars(hex.data() + at, hex.data() + at + 2, value, 16);
    bytes += static_cast<char>(value);
  }
  return bytes;
}

std::string decoded(std::string_view text) {
  std::string plain;
  for (size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '%' && at + 2 < text.size()) {
      plain += bytes_of(text.substr(at + 1, 2));
      at += 2;
    } else {
      plain += text[at];
    }
  }
  return plain;
}

std::vector<std::pair<std::string, std::string>> parameters_of(std::string_view query) {
  std::vector<std::pair<std::string, std::string>> all;
  while (!query.empty()) {
    const auto one = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), one.size() + 1));
    const size_t equals = std::min(one.find('='), one.size());
    all.emplace_back(one.substr(0, equals), decoded(one.substr(std::min(equals + 1, one.size()))));
  }
  return all;
}

uint64_t whole_number(const std::string& text) {
  uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

std::string bencoded(std::string_view text) { return fmt::format("{}:{}", text.size(), text); }

}  // namespace

void TrackerWords::set(const std::string& hash, TrackerSwarm swarm) {
  const std::lock_guard lock(mutex_);
  known_[bytes_of(hash)].told = swarm;
}

void TrackerWords::behave(Manner manner) {
  const std::lock_guard lock(mutex_);
  manner_ = manner;
}

TrackerSwarm TrackerWords::announced(const std::string& hash) const {
  const std::lock_guard lock(mutex_);
  const auto at = known_.find(bytes_of(hash));
  if (at == known_.end()) return {};
  TrackerSwarm swarm;
  for (const auto& [place, left] : at->second.left) ++(left == 0 ? swarm.seeds : swarm.peers);
  return swarm;
}

TrackerCounts TrackerWords::counts() const {
  const std::lock_guard lock(mutex_);
  return counts_;
}

std::chrono::milliseconds TrackerWords::delay_now() const {
  const std::lock_guard lock(mutex_);
  return manner_ == Manner::late ? late_by : std::chrono::milliseconds(0);
}

TrackerSwarm TrackerWords::swarm_of(const std::string& hash) const {
  const auto at = known_.find(hash);
  if (at == known_.end()) return {};
  TrackerSwarm swarm = at->second.told;
  for (const auto& [place, left] : at->second.left) ++(left == 0 ? swarm.seeds : swarm.peers);
  return swarm;
}

void TrackerWords::announce(const std::string& hash, Place place, uint64_t left, std::string_view event) {
  auto& known = known_[hash];
  if (event == "stopped")
    known.left.erase(place);
  else
    known.left[place] = left;
}

std::string TrackerWords::compact_peers(const std::string& hash, Place but) const {
  std::string peers;
  for (const auto& [place, left] : known_.at(hash).left)
    if (place != but) peers += big_endian(place.first, 4) + big_endian(place.second, 2);
  return peers;
}

std::optional<std::string> TrackerWords::answer_datagram(std::string_view bytes, uint32_t address) {
  const std::lock_guard lock(mutex_);
  if (bytes.size() < head_bytes || manner_ == Manner::silent) return {};
  const auto transaction = bytes.substr(12, 4);
  if (manner_ == Manner::refusing) return big_endian(error, 4) + std::string(transaction) + "not today";
  std::string answer = right_datagram(bytes, address);
  if (answer.empty()) return {};
  // Who connects is answered rightly, so that more is asked.
  if (number_at(bytes, 8, 4) == connect && manner_ != Manner::foreign) return answer;
  if (manner_ == Manner::foreign) answer[4] = static_cast<char>(answer[4] ^ 0x55);
  if (manner_ == Manner::truncated) answer.resize(answer.size() / 2);
  if (manner_ == Manner::huge) answer.resize(largest_datagram, 'x');
  return answer;
}

std::string TrackerWords::right_datagram(std::string_view bytes, uint32_t address) {
  constexpr uint64_t connection = 0x1122334455667788;
  const auto action = number_at(bytes, 8, 4);
  const std::string transaction(bytes.substr(12, 4));
  if (action == connect && number_at(bytes, 0, 8) == protocol) {
    ++counts_.connects;
    return big_endian(connect, 4) + transaction + big_endian(connection, 8);
  }
  if (number_at(bytes, 0, 8) != connection) return {};
  if (action == announcing && bytes.size() >= announce_bytes) {
    ++counts_.announces;
    const std::string hash(bytes.substr(head_bytes, hash_bytes));
    const Place place{address, static_cast<uint16_t>(number_at(bytes, 96, 2))};
    announce(hash, place, number_at(bytes, 64, 8), number_at(bytes, 80, 4) == 3 ? "stopped" : "");
    const auto swarm = swarm_of(hash);
    return big_endian(announcing, 4) + transaction + big_endian(seconds_between, 4) + big_endian(swarm.peers, 4) +
           big_endian(swarm.seeds, 4) + compact_peers(hash, place);
  }
  if (action != scraping) return {};
  ++counts_.scrapes;
  std::string answer = big_endian(scraping, 4) + transaction;
  const uint64_t hashes = (bytes.size() - head_bytes) / hash_bytes;
  counts_.scraped_hashes += hashes;
  counts_.largest_scrape = std::max(counts_.largest_scrape, hashes);
  for (uint64_t each = 0; each < hashes; ++each) {
    const auto swarm = swarm_of(std::string(bytes.substr(head_bytes + each * hash_bytes, hash_bytes)));
    answer += big_endian(swarm.seeds, 4) + big_endian(swarm.done, 4) + big_endian(swarm.peers, 4);
  }
  return answer;
}

std::string TrackerWords::answer_request(std::string_view request, uint32_t address) {
  const std::lock_guard lock(mutex_);
  const size_t begin = std::min(request.find(' ') + 1, request.size());
  const auto target = request.substr(begin, request.find(' ', begin) - begin);
  const size_t mark = std::min(target.find('?'), target.size());
  std::string body = body_of(target.substr(0, mark), target.substr(std::min(mark + 1, target.size())), address);
  if (manner_ == Manner::silent) return std::string(nothing);
  if (manner_ == Manner::refusing) body = "d14:failure reason9:not todaye";
  if (manner_ == Manner::foreign) body = "<html>welcome</html>";
  if (manner_ == Manner::huge) body = fmt::format("d5:filesd{}", std::string(endless, 'x'));
  std::string answer =
      fmt::format("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{}",
                  body.size(), body);
  if (manner_ == Manner::truncated) answer.resize(answer.size() - body.size() / 2);
  return answer;
}

std::string TrackerWords::body_of(std::string_view path, std::string_view query, uint32_t address) {
  const auto parameters = parameters_of(query);
  const auto value = [&](std::string_view name) {
    const auto at =
        std::find_if(parameters.begin(), parameters.end(), [&](const auto& one) { return one.first == name; });
    return at == parameters.end() ? std::string() : at->second;
  };
  if (path == "/announce") {
    ++counts_.http_announces;
    const std::string hash = value("info_hash");
    const Place place{address, static_cast<uint16_t>(whole_number(value("port")))};
    announce(hash, place, whole_number(value("left")), value("event"));
    const auto swarm = swarm_of(hash);
    return fmt::format("d8:completei{}e10:incompletei{}e8:intervali{}e5:peers{}e", swarm.seeds, swarm.peers,
                       seconds_between, bencoded(compact_peers(hash, place)));
  }
  if (path != "/scrape") return "d14:failure reason7:unknowne";
  ++counts_.http_scrapes;
  std::map<std::string, TrackerSwarm> asked;
  for (const auto& [name, hash] : parameters)
    if (name == "info_hash") asked[hash] = swarm_of(hash);
  counts_.scraped_hashes += asked.size();
  counts_.largest_scrape = std::max<uint64_t>(counts_.largest_scrape, asked.size());
  std::string files;
  for (const auto& [hash, swarm] : asked)
    files += fmt::format("{}d8:completei{}e10:downloadedi{}e10:incompletei{}ee", bencoded(hash), swarm.seeds,
                         swarm.done, swarm.peers);
  return fmt::format("d5:filesd{}ee", files);
}

}  // namespace catlog::tests
