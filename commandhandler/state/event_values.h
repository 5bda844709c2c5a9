#pragma once
#include <capnp/any.h>

#include "commandhandler/state/row.h"
#include "events/schema/sections.h"

namespace catlog::commandhandler {

// A column's value as the state holds it; NULL when it is absent.
Value value_of(const events::Column& column, const events::Sections& group);

// What stands for a value in an index by identity (events/schema/model.h, Index::by_identity): a name in the form in
// which names are compared.
Value identity_of(const Value& value);

// The digest that the state keeps of an event's column group.
GroupDigest digest_of(capnp::AnyStruct::Reader group);

}  // namespace catlog::commandhandler
