#pragma once
#include <string>
#include <vector>

#include "events/schema/model.h"

namespace catlog::cli {

// One field of a command, in words, from the declaration.
struct FieldText {
  std::string name;    // "tmdbId"
  std::string type;    // "integer", "one of guest, user, admin", "a movie"
  std::string needed;  // "required", "optional", "optional: 0 when absent"; empty: the command's sentence says
  std::string limits;  // ">= 0", "YYYY-MM-DD or empty"
};

// What a producer may write in a command's object; what the handler assigns is not among it.
std::vector<FieldText> fields_of(const events::CommandType& command);

// Who may send it, as a sentence.
std::string who_may_send(const events::CommandType& command);

}  // namespace catlog::cli
