#pragma once
#include <optional>
#include <string_view>

namespace catlog::projector {

// table: aligned for people; csv: RFC 4180 with a header line; json: one array of objects; markdown: a table.
enum class Format { table, csv, json, markdown };

std::optional<Format> format_named(std::string_view name);

}  // namespace catlog::projector
