#pragma once
#include <expected>
#include <string>
#include <string_view>

#include <capnp/dynamic.h>

namespace catlog::events {

// Why bytes from outside could not be read: the field (a JSON pointer such as "/putMovie/genres/2/tmdbId", or empty)
// and a sentence that says what is wrong and what to do. Never holds a value that was sent.
struct Malformed {
  std::string field;
  std::string message;
  std::string id = {};  // of a command, where that could be read, also where it stands behind the field
};

// command: columns that the handler assigns are unknown fields. known: of a message that a later version may have
// written; what this one does not know of it is passed over.
enum class Fields { command, all, known };
enum class Secrets { hidden, shown };

constexpr int max_json_depth = 64;

// Reads one JSON object into `into`, which must be freshly initialised.
//
// The shape is Cap'n Proto's JSON: camelCase, a union member as a key, members of flattened structs in the enclosing
// object. Strict: unknown (but with Fields::known) or repeated field, no or two union members, a bare integer beyond
// 2^53, a non-finite number, invalid UTF-8, a lone surrogate, NUL in text, nesting over max_json_depth are Malformed.
// null is "absent". After a failure `into` holds an unspecified part of the input. Threads: reentrant (each thread
// keeps its own parser).
std::expected<void, Malformed> read_json(std::string_view text, capnp::DynamicStruct::Builder into, Fields fields);

// Writes a struct as one line of JSON; what is absent is left out, secrets too when hidden. Never fails on what
// read_json or read_binary accepted.
std::string write_json(capnp::DynamicStruct::Reader from, Secrets secrets);
// The same, appended to `out`.
void write_json(capnp::DynamicStruct::Reader from, Secrets secrets, std::string& out);

}  // namespace catlog::events
