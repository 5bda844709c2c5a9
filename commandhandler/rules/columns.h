#pragma once
#include <string>
#include <string_view>

#include <capnp/dynamic.h>

#include "commandhandler/rules/refusal.h"
#include "events/schema/model.h"
#include "events/schema/sections.h"

namespace catlog::commandhandler {

// Brings a column group into the form in which it is stored (absent columns that are not NULL become 0, '' or false,
// languages are cut to two letters, user names are in the form in which they are compared) and checks everything that
// the declaration says about its columns. Refuses with `invalid` and the column's name otherwise.
OrRefusal<void> check_columns(const events::EventType& type, capnp::DynamicStruct::Builder group);

// The same of one column. `present`: of `group`.
OrRefusal<void> check_column(const events::Column& column, const events::Sections& present,
                             capnp::DynamicStruct::Builder group);

// The language as two lower-case letters: "es-MX" gives "es". Refuses with `invalid` and `field` otherwise.
OrRefusal<std::string> check_language(std::string_view text, const std::string& field);

}  // namespace catlog::commandhandler
