#pragma once
#include <string>
#include <string_view>

namespace catlog::events {

// Whether a link has the form in which a source's magnet link is kept: it begins with the exact topic of the source's
// info hash (40 digits are version 1, 64 version 2) in hex, as "magnet:?xt=urn:btih:<40 digits>", followed by nothing
// or another parameter. The digits may be of either case. The read model's schema holds the same.
bool begins_with_topic(std::string_view magnet, std::string_view info_hash);

// "magnet:?xt=urn:btih:<40 digits>" or "magnet:?xt=urn:btmh:1220<64 digits>".
std::string topic_of(std::string_view info_hash);

// A link that does not begin so (rules of older versions took it as it came) with the topic in front of what it has.
std::string with_topic_in_front(std::string_view magnet, std::string_view info_hash);

}  // namespace catlog::events
