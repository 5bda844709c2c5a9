#include "events/export/type_language.h"

#include <fmt/format.h>

namespace catlog::events {

std::string type_in(const TypeLanguage& language, const ValueType& type) {
  using Is = ValueType::Is;
  switch (type.is) {
    case Is::nothing:
      return std::string(language.nothing);
    case Is::flag:
      return std::string(language.flag);
    case Is::small:
      return std::string(language.small);
    case Is::integer:
      return std::string(language.integer);
    case Is::real:
      return std::string(language.real);
    case Is::text:
      return std::string(language.text);
    case Is::time:
      return std::string(language.time);
    case Is::choice:
    case Is::object:
      return type.name;
    case Is::list:
      return fmt::format(fmt::runtime(language.list), type_in(language, type.each.front()));
  }
  return {};
}

std::string quoted_in(const TypeLanguage& language, std::string_view text) {
  std::string literal(1, language.quote);
  for (const char c : text) {
    if (c == language.quote || c == '\\') literal += '\\';
    literal += c;
  }
  return literal + language.quote;
}

bool may_be_null(const DescribedField& field, Written written) {
  return written == Written::by_producers && !field.is_required;
}

}  // namespace catlog::events
