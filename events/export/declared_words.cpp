#include "events/export/declared_words.h"

#include "events/schema/annotations.h"

namespace catlog::events {
namespace {

std::string text_of(capnp::schema::Annotation::Reader entry) {
  const auto text = entry.getValue().getText();
  return {text.begin(), text.size()};
}

}  // namespace

DeclaredWords declared_words(capnp::StructSchema::Field field) {
  DeclaredWords words;
  for (auto entry : field.getProto().getAnnotations()) {
    switch (entry.getId()) {
      case annotation::says:
        words.says = text_of(entry);
        break;
      case annotation::otherwise:
        words.otherwise = text_of(entry);
        break;
      case annotation::needed:
        words.is_needed = true;
        break;
      default:
        break;
    }
  }
  return words;
}

std::string declared_words(capnp::EnumSchema::Enumerant enumerant) {
  for (auto entry : enumerant.getProto().getAnnotations())
    if (entry.getId() == annotation::says) return text_of(entry);
  return {};
}

}  // namespace catlog::events
