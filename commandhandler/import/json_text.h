#pragma once
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace catlog::commandhandler::importing {

constexpr uint64_t max_json_file_bytes = uint64_t{256} << 20;  // unpacked

// The text of a JSON file as UTF-8 without a byte order mark: gzip is unpacked, UTF-16 and UTF-32 are converted. Or a
// sentence on why there is none: not readable, too large, HTML, a packed file of another kind. It may be broken JSON.
std::expected<std::string, std::string> read_json_text(const std::string& path);
std::expected<std::string, std::string> decode_json_text(std::string bytes);

// Whether a text holds one JSON object in each line, more than one.
bool is_json_lines(std::string_view text);
// Such a text as one array with the lines' objects; positions in it are one more than in the text.
std::string array_of_lines(std::string_view text);

// "line 3, byte 57, before `}}`": a place in a text, counted from 1, and what stands there, shortened.
std::string place_in(std::string_view text, size_t at);
// At most so much of a text as fits into a sentence, cut between characters.
std::string shortened(std::string_view text);

}  // namespace catlog::commandhandler::importing
