#pragma once
#include <string>

#include "events/export/described.h"

namespace catlog::events {

// A field in words, for people.
struct FieldWords {
  std::string type;      // "integer", "one of guest, user, admin", "a movie: {"id":…} or …"
  std::string limits;    // ">= 0", "YYYY-MM-DD or empty"; empty: none
  std::string presence;  // "required", "optional: 0 when absent"; of what the daemon writes "may be absent", or empty
};
FieldWords words_of(const DescribedField& field, Written written);

// What it means, its limits and its presence, as one line for a comment; empty: there is nothing to say.
std::string comment_of(const DescribedField& field, Written written);

// What an object is, as a sentence without its point.
std::string says_of(const DescribedObject& object);

}  // namespace catlog::events
