#pragma once
#include <string>

#include <capnp/schema.h>

namespace catlog::events {

// What the declaration says of a field in words and marks that nobody but a reader needs.
struct DeclaredWords {
  std::string says, otherwise;
  bool is_needed = false;
};
DeclaredWords declared_words(capnp::StructSchema::Field field);
// What it says of an enumerant; empty: nothing.
std::string declared_words(capnp::EnumSchema::Enumerant enumerant);

}  // namespace catlog::events
