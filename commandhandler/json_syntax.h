#pragma once
#include <string_view>

namespace catlog::commandhandler {

// How deep arrays and objects may stand in each other: as deep as every SQLite since 3.9 lets them.
constexpr int max_json_levels = 1'000;

// Whether a UTF-8 text is one JSON value by RFC 8259: numbers of any size, names given twice, and half surrogates as
// escapes included. It is what SQLite's json_valid says, which holds the column, but for its own limit of nesting; a
// parser that makes values of it would refuse numbers beyond 64 bits.
bool is_json(std::string_view text);

}  // namespace catlog::commandhandler
