#include "bin/torrent/scrape/udp_words.h"

#include <algorithm>

namespace catlog::scrape {

namespace {

constexpr uint64_t protocol = 0x41727101980;
enum Action : uint32_t { action_connect = 0, action_scrape = 2, action_error = 3 };

void put(std::string& bytes, uint64_t value, size_t size) {
  for (size_t left = size; left-- > 0;) bytes += static_cast<char>(value >> (left * 8) & 0xff);
}

uint64_t take(std::string_view bytes, size_t at, size_t size) {
  uint64_t value = 0;
  for (const char byte : bytes.substr(at, size)) value = value << 8 | static_cast<unsigned char>(byte);
  return value;
}

uint32_t believed(uint64_t count) { return static_cast<uint32_t>(std::min<uint64_t>(count, most_believed)); }

}  // namespace

std::string connect_datagram(uint32_t transaction) {
  std::string bytes;
  put(bytes, protocol, 8);
  put(bytes, action_connect, 4);
  put(bytes, transaction, 4);
  return bytes;
}

std::string scrape_datagram(uint64_t connection, uint32_t transaction, std::span<const Hash> hashes) {
  std::string bytes;
  put(bytes, connection, 8);
  put(bytes, action_scrape, 4);
  put(bytes, transaction, 4);
  for (const Hash& hash : hashes.first(std::min(hashes.size(), hashes_a_datagram)))
    bytes.append(reinterpret_cast<const char*>(hash.data()), hash.size());
  return bytes;
}

std::optional<UdpAnswer> read_datagram(std::string_view bytes) {
  if (bytes.size() < 8) return {};
  UdpAnswer answer;
  answer.transaction = static_cast<uint32_t>(take(bytes, 4, 4));
  switch (take(bytes, 0, 4)) {
    case action_connect:
      if (bytes.size() < 16) return {};
      answer.kind = UdpAnswer::Kind::connected;
      answer.connection = take(bytes, 8, 8);
      return answer;
    case action_scrape:
      answer.kind = UdpAnswer::Kind::scraped;
      for (size_t at = 8; at + 12 <= bytes.size() && answer.swarms.size() < hashes_a_datagram; at += 12)
        answer.swarms.push_back({believed(take(bytes, at, 4)), believed(take(bytes, at + 8, 4))});
      return answer;
    case action_error:
      return answer;
    default:
      return {};
  }
}

}  // namespace catlog::scrape
