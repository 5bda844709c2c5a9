#include "projector/query/format.h"

namespace catlog::projector {

std::optional<Format> format_named(std::string_view name) {
  if (name == "table") return Format::table;
  if (name == "csv") return Format::csv;
  if (name == "json") return Format::json;
  if (name == "jsonl") return Format::jsonl;
  if (name == "markdown") return Format::markdown;
  return std::nullopt;
}

}  // namespace catlog::projector
