#pragma once
#include <cstddef>
#include <optional>
#include <vector>

#include <capnp/schema.h>

#include "events/schema/model.h"

namespace catlog::events {

struct ReferenceForm;

// One way to name a row by what is known of it outside: an index, and which fields of the reference give its columns.
struct NamingKey {
  struct Part {
    Column field;                        // of the reference; a secret text is kept as its digest in hex
    const ReferenceForm* row = nullptr;  // not null: the field is a reference, and the column that row's id
  };
  size_t index = 0;                   // of EntityModel::indexes
  std::optional<size_t> by_identity;  // the index by identity over the same column
  std::vector<Part> parts;            // a column of the index each, in its order
};

// How a struct of commands names a row ($D.names): by `id`, by `createdBy`, or by one of the keys.
struct ReferenceForm {
  Entity entity = Entity::UNSET;
  Column id, created_by;
  std::vector<NamingKey> keys;
};

// The entity that a struct names; unset when it is no reference.
Entity named_by(capnp::StructSchema schema);

// The form that follows from the declaration. A key is an index of the entity for whose columns the struct has a field
// each: one of the column's name, or, where the column is a reference, one that names the row it leads to. A field that
// is in no key is a bug.
//
// `schema` must name something. Threads: any. Lifetime: the process's.
const ReferenceForm& reference_form(capnp::StructSchema schema);

}  // namespace catlog::events
