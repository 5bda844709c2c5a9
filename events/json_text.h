#pragma once
#include <string>
#include <string_view>

namespace catlog::events {

// A JSON string literal with its quotes.
void write_json_text(std::string_view text, std::string& out);

}  // namespace catlog::events
