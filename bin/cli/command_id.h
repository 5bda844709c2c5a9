#pragma once
#include <string>
#include <string_view>

#include <simdjson.h>

namespace catlog::cli {

// Gives commands that have no id a new one. Threads: one at a time.
class CommandIds {
 public:
  // The command with an id as its first member; the same text when it has one, which null is not, or is no JSON object
  // (the daemon says what is wrong with it). The view dies with the next call, or with `command`.
  std::string_view give(std::string_view command);
  // The id that the last call made; empty when it made none.
  const std::string& made() const { return made_; }

 private:
  simdjson::dom::parser parser_;
  std::string with_id_, made_;
};

}  // namespace catlog::cli
