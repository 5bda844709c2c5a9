#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <capnp/dynamic.h>

#include "events/schema/model.h"

namespace catlog::events {

// One JSON member of a struct: a field of it, or of a flattened struct in it.
struct Member {
  Column column;
  std::optional<capnp::StructSchema::Field> flattened;  // the struct field that the column is in
  bool in_union = false;
  bool is_pointer = false;  // null where it is absent
  bool is_needed = false;   // who sends it is refused without it
  bool is_either = false;   // exactly one of the struct's members that are so is given
};

// A struct as a JSON object.
struct Shape {
  std::vector<Member> members;
  std::unordered_map<std::string_view, size_t> by_name;  // views into members
  bool has_union = false;
};

struct Layout;

// What a walk over a struct needs of each field, read from the schema once.
struct Field {
  Column column;
  capnp::Type type;
  bool is_group = false, is_pointer = false;
  bool is_flattened = false;       // JSON has its fields beside those of the struct that it is in
  const Layout* within = nullptr;  // of the struct that it is, or of those that it lists
};

struct Layout {
  capnp::StructSchema schema;
  std::vector<Field> fields;        // outside the union
  std::vector<Field> alternatives;  // of the union, by discriminant
  size_t discriminant_at = 0;       // in bytes of the data, where there is a union
  uint16_t data_words = 0, pointers = 0;
  std::vector<uint64_t> known_bits;  // by data word: the bits that some field is in, groups' fields too
  bool is_group = false;
  bool holds_secrets = false;  // this struct or one in it
};

// Threads: each thread builds and keeps its own; the reference lives as long as the thread.
const Layout& layout_of(capnp::StructSchema schema);

// A sentence for a struct with a union of which nothing is given: what can be.
std::string ask_for_alternative(capnp::StructSchema schema);

// Threads: each thread builds and keeps its own; the reference lives as long as the thread.
const Shape& shape_of(capnp::StructSchema schema);

// Whether the value is absent: the null of its kind (text and lists: a null pointer).
bool is_absent(const Column& column, capnp::DynamicStruct::Reader group);

}  // namespace catlog::events
