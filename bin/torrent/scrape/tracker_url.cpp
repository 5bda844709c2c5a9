#include "bin/torrent/scrape/tracker_url.h"

#include <algorithm>
#include <charconv>

namespace catlog::scrape {

namespace {

constexpr uint16_t http_port = 80;
constexpr size_t max_magnet_bytes = 64 << 10;

bool is_letter_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

bool is_host(std::string_view host) {
  return !host.empty() && host.size() <= 253 && std::all_of(host.begin(), host.end(), [](char c) {
    return is_letter_or_digit(c) || c == '.' || c == '-' || c == '_';
  });
}

bool is_v6(std::string_view host) {
  return !host.empty() && std::all_of(host.begin(), host.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || c == ':' || c == '.';
  });
}

// Goes into a request's first line as it is.
bool is_path(std::string_view path) {
  return std::all_of(path.begin(), path.end(), [](char c) { return c > ' ' && c < 0x7f && c != '#'; });
}

bool read_place(std::string_view place, TrackerUrl& url) {
  const bool is_bracketed = place.starts_with('[');
  const size_t end = is_bracketed ? place.find(']') : std::min(place.find(':'), place.size());
  if (end == place.npos) return false;
  const auto host = is_bracketed ? place.substr(1, end - 1) : place.substr(0, end);
  if (is_bracketed ? !is_v6(host) : !is_host(host)) return false;
  url.host = host;
  std::transform(url.host.begin(), url.host.end(), url.host.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  auto port = place.substr(std::min(place.size(), end + (is_bracketed ? 1 : 0)));
  if (port.empty()) return url.kind == TrackerUrl::Kind::http && (url.port = http_port) != 0;
  port.remove_prefix(1);
  const auto [at, fault] = std::from_chars(port.data(), port.data() + port.size(), url.port);
  return fault == std::errc() && at == port.data() + port.size() && url.port != 0;
}

int digit(char c) {
  return c >= '0' && c <= '9'   ? c - '0'
         : c >= 'a' && c <= 'f' ? c - 'a' + 10
         : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                : -1;
}

std::string decoded(std::string_view text) {
  std::string plain;
  for (size_t at = 0; at < text.size(); ++at) {
    const bool is_code =
        text[at] == '%' && at + 2 < text.size() && digit(text[at + 1]) >= 0 && digit(text[at + 2]) >= 0;
    plain += is_code ? static_cast<char>(digit(text[at + 1]) * 16 + digit(text[at + 2])) : text[at];
    if (is_code) at += 2;
  }
  return plain;
}

}  // namespace

std::optional<TrackerUrl> scrape_url(std::string_view announce) {
  if (announce.size() > max_url_bytes) return {};
  TrackerUrl url;
  if (announce.starts_with("http://"))
    url.kind = TrackerUrl::Kind::http;
  else if (!announce.starts_with("udp://"))
    return {};
  announce.remove_prefix(announce.find("//") + 2);
  const size_t end_of_place = std::min(announce.find_first_of("/?"), announce.size());
  if (!read_place(announce.substr(0, end_of_place), url)) return {};
  if (url.kind == TrackerUrl::Kind::udp) return url;
  const auto path = announce.substr(end_of_place);
  const auto last = path.substr(0, path.find('?')).rfind('/');
  constexpr std::string_view word = "announce";
  if (last == path.npos || !path.substr(last + 1).starts_with(word) || !is_path(path)) return {};
  url.path = std::string(path.substr(0, last + 1)) + "scrape" + std::string(path.substr(last + 1 + word.size()));
  return url;
}

std::vector<TrackerUrl> trackers_of(std::string_view magnet) {
  std::vector<TrackerUrl> all;
  magnet = magnet.substr(0, max_magnet_bytes);
  magnet.remove_prefix(std::min(magnet.find('?') + 1, magnet.size()));
  while (!magnet.empty() && all.size() < max_trackers_of_source) {
    const auto one = magnet.substr(0, magnet.find('&'));
    magnet.remove_prefix(std::min(magnet.size(), one.size() + 1));
    const auto name = one.substr(0, one.find('='));
    if (name != "tr" && !name.starts_with("tr.")) continue;
    auto url = scrape_url(decoded(one.substr(std::min(one.size(), name.size() + 1))));
    if (url && std::find(all.begin(), all.end(), *url) == all.end()) all.push_back(*std::move(url));
  }
  return all;
}

}  // namespace catlog::scrape
