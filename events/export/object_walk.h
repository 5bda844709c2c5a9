#pragma once
#include <map>
#include <string>
#include <utility>

#include <capnp/schema.h>

#include "events/export/described.h"
#include "events/schema/shape.h"

namespace catlog::events {

// "movieRated" -> "MovieRated"
std::string capitalised(std::string text);
// "PutMovie", of a group "ReceiptAccepted"; an event's union is "Event".
std::string object_name(capnp::StructSchema schema);

// Adds structs to a description, with all that they are made of.
class ObjectWalk {
 public:
  explicit ObjectWalk(Description& into) : into_(into) {}
  // The object's type. What is there already is not added again.
  ValueType add(capnp::StructSchema schema, Written written);

 private:
  ValueType add_choice(capnp::EnumSchema schema);
  ValueType type_of(const Column& column, Written written);
  ValueType type_of(capnp::Type type, Written written);
  DescribedField field_of(const Member& member, Written written);
  void add_members(capnp::StructSchema schema, DescribedObject& object);
  void add_ways(capnp::StructSchema schema, DescribedObject& object);
  void add_names(capnp::StructSchema schema, DescribedObject& object);

  Description& into_;
  std::map<std::pair<std::string, Written>, std::string> names_;  // by the struct's name
};

}  // namespace catlog::events
