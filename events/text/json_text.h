#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace catlog::events {

// A JSON string literal with its quotes. Control characters and marks that override direction are escapes
// (printable.h), so that no terminal that the document is shown on is driven by it.
void write_json_text(std::string_view text, std::string& out);
// A whole number: beyond 2^53 as text, for most readers keep numbers as doubles (decision 4).
void write_json_integer(int64_t value, std::string& out);
void write_json_integer(uint64_t value, std::string& out);

// One step of a JSON pointer (RFC 6901): "/name".
std::string json_pointer_step(std::string_view name);

}  // namespace catlog::events
