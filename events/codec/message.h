#pragma once
#include <expected>
#include <string>
#include <string_view>

#include <capnp/dynamic.h>
#include <capnp/message.h>

#include "events/codec/json.h"
#include "events/digest.h"
#include "events/encoding.h"

namespace catlog::events {

// A message from outside, checked, and copied in canonical form into memory of its own: root() of the struct that it
// was checked as cannot fail.
//
// Made by read_message. Movable; Readers die with it. Threads: as a const value.
class Message {
 public:
  template <class Struct>
  typename Struct::Reader root() const {
    return capnp::readMessageUnchecked<Struct>(words_.begin());
  }
  // How many words its struct has, with all that it leads to: each is there once.
  size_t words() const { return words_.size() - 1; }
  // SHA-256 over the canonical form: equal for JSON and binary of the same content.
  Digest digest() const;

 private:
  friend std::expected<Message, Malformed> read_message(std::string_view, Encoding, capnp::StructSchema, Fields);
  explicit Message(kj::Array<capnp::word> words) : words_(kj::mv(words)) {}
  kj::Array<capnp::word> words_;
};

// Reads bytes that may be anything as a `schema`. Malformed: what read_json refuses with these Fields; in binary a
// broken frame, a pointer out of bounds, content that this schema does not know (but with Fields::known), text that is
// not UTF-8 or holds NUL, a time beyond the years that JSON has words for, a column set that only the handler assigns.
std::expected<Message, Malformed> read_message(std::string_view body, Encoding encoding, capnp::StructSchema schema,
                                               Fields fields = Fields::command);
// The same, as a Command of the vocabulary.
std::expected<Message, Malformed> read_command(std::string_view body, Encoding encoding);

// A struct in its encoding: a stream-framed single-segment message, or a line of JSON.
std::string encode(capnp::DynamicStruct::Reader from, Encoding encoding, Secrets secrets = Secrets::hidden);

}  // namespace catlog::events
