#pragma once
#include <optional>
#include <string>

#include "projector/history/history.h"

namespace catlog::cli {

// When, what, who and by which command, as one line for a terminal.
std::string head_line(const projector::HistoryEntry& entry, size_t event_width);
// The same as members of a JSON object, without its braces.
std::string head_json(const projector::HistoryEntry& entry);

// A value for a terminal: "-" for none.
std::string shown(const std::optional<std::string>& value);
std::string json_of(const std::string& text);
std::string json_of(const std::optional<std::string>& value);

}  // namespace catlog::cli
