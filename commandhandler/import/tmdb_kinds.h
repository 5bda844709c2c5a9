#pragma once
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "commandhandler/import/json_file.h"

namespace catlog::commandhandler::importing {

// What TMDB's documents are, by the members that they have.

// Whether the document has one of these members.
bool has_any(const JsonObject& document, std::initializer_list<std::string_view> keys);

enum class TmdbKind { unknown, movie, show, season, genre_list };
// What a document is, by the members that it has, not by where it was found.
TmdbKind kind_of(const JsonObject& document);
// Members that hold something and that are in no answer unless they are asked for (append_to_response), or are new: the
// catalogue has no place for them. Numbers in their names are N. "`images` of movies".
std::vector<std::string> left_out_of(TmdbKind kind, const JsonObject& document);
// The season's number in a member's name, 3 in "season/3" (which append_to_response=season/3 asks for); nullopt: it is
// another member.
std::optional<int64_t> season_of_member(std::string_view name);
// Why a document of unknown kind cannot be imported.
std::string why_unknown(JsonObject document);

}  // namespace catlog::commandhandler::importing
