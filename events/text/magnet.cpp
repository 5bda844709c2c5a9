#include "events/text/magnet.h"

#include <algorithm>

#include "events/text/utf8.h"

namespace catlog::events {
namespace {

constexpr std::string_view scheme = "magnet:?", v1_topic = "xt=urn:btih:", v2_topic = "xt=urn:btmh:1220";
constexpr size_t v1_digits = 40;

std::string_view kind_of(std::string_view info_hash) { return info_hash.size() == v1_digits ? v1_topic : v2_topic; }

}  // namespace

bool begins_with_topic(std::string_view magnet, std::string_view info_hash) {
  const auto skip = [&](std::string_view part) {
    if (!magnet.starts_with(part)) return false;
    magnet.remove_prefix(part.size());
    return true;
  };
  if (!skip(scheme) || !skip(kind_of(info_hash)) || magnet.size() < info_hash.size()) return false;
  const auto digits = magnet.substr(0, info_hash.size());
  return std::ranges::equal(lower_ascii(digits), info_hash) &&
         (magnet.size() == digits.size() || magnet[digits.size()] == '&');
}

std::string topic_of(std::string_view info_hash) {
  return std::string(scheme).append(kind_of(info_hash)).append(info_hash);
}

std::string with_topic_in_front(std::string_view magnet, std::string_view info_hash) {
  return topic_of(info_hash).append("&").append(magnet.substr(std::min(magnet.size(), scheme.size())));
}

}  // namespace catlog::events
