#pragma once
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include <capnp/schema.h>

namespace catlog::tests {

// A schema as facts: what there is ("field Ratings.rating", "enumerant Role.admin") and all that must stay true of it
// ("ordinal=1 type=Float64 ..").
using SchemaText = std::map<std::string, std::string>;

// Every struct, enum and declared entity of the two schema files in a folder. Throws kj::Exception when they cannot be
// parsed.
SchemaText describe_schema(const std::filesystem::path& folder);
// A compiled struct with all that it is made of.
SchemaText describe_schema(capnp::StructSchema root);

// One fact a line, and back.
std::string to_text(const SchemaText& schema);
SchemaText read_schema_text(const std::filesystem::path& file);

// Why the present schema cannot read what was written with the recorded one, a sentence each; empty: it can. Things may
// be added, at new ordinals, and not as required; nothing may be removed, renamed, renumbered, or change its type, its
// default, its place in a union, or an annotation that changes what old bytes mean.
std::vector<std::string> refused_changes(const SchemaText& recorded, const SchemaText& present);
// What is there and not recorded yet, as lines.
std::string not_recorded(const SchemaText& recorded, const SchemaText& present);

}  // namespace catlog::tests
