#pragma once
#include <string>
#include <string_view>

#include "events/export/json_value.h"

namespace catlog::events {

// Every choice and object of the description as a JSON Schema, which refers to others by `prefix` and their names.
Json schemas(std::string_view prefix);

// A JSON Schema (draft 2020-12) of a command, with all else that is said on the bus among its $defs. What it lets
// through may still be refused; what it does not let through is.
std::string json_schema();

}  // namespace catlog::events
