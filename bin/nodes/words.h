#pragma once
#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/engine/follow.h"

namespace catlog::nodes {

// What nodes say to each other, as bytes; README.md has the meaning. A request is a line of words, and behind it bytes
// that the first word knows of.
struct Request {
  std::vector<std::string_view> words;  // the first one says what is wanted
  std::string_view rest;
};
constexpr size_t max_line_bytes = 512;
// Nothing where it has no line, or one that is too long.
std::optional<Request> parse_request(std::string_view body);
std::optional<uint64_t> parse_number(std::string_view text);

// A piece of the log as the frames behind "ok".
std::vector<std::string> encode(const store::engine::Piece& piece);
// `frames` begin behind "ok". Nothing where they are none.
std::optional<store::engine::Piece> decode_piece(const std::vector<std::string>& frames);

}  // namespace catlog::nodes
