#pragma once
#include <string>
#include <string_view>

#include "events/export/described.h"

namespace catlog::events {

// How a language writes types and texts.
struct TypeLanguage {
  std::string_view nothing, flag, small, integer, real, text, time;
  std::string_view list;  // its element for {}
  char quote;
};

std::string type_in(const TypeLanguage& language, const ValueType& type);
// A literal of the text, which is of one line.
std::string quoted_in(const TypeLanguage& language, std::string_view text);
// Whether null stands for a field that is left out.
bool may_be_null(const DescribedField& field, Written written);

}  // namespace catlog::events
