#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace catlog::commandhandler::importing {

// As a value in a link.
std::string percent_encoded(std::string_view text);

// Whether it can be a tracker's address: udp, http(s) or ws(s), a host, and nothing that a link could not hold.
bool is_tracker(std::string_view url);
// Whether a link names a tracker.
bool names_tracker(std::string_view magnet);
// The link with these trackers behind what it has.
std::string with_trackers(std::string magnet, const std::vector<std::string>& trackers);

// The value of a link's first parameter of this name ("dn"), decoded; empty: it has none.
std::string value_in(std::string_view magnet, std::string_view name);

}  // namespace catlog::commandhandler::importing
