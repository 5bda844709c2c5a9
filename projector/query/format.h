#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace catlog::projector {

// table: aligned for people; csv: RFC 4180 with a header line; json: one array of objects; jsonl: an object a line;
// markdown: a table.
enum class Format { table, csv, json, jsonl, markdown };

struct Style {
  Format format = Format::table;
  std::string null_text = {};  // how csv, markdown and table write NULL
};

std::optional<Format> format_named(std::string_view name);

}  // namespace catlog::projector
