#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "events/schema/model.h"

namespace catlog::projector {

// A value as the read model holds it: NULL, INTEGER, REAL or TEXT.
using Value = std::variant<std::monostate, int64_t, double, std::string_view>;

// Reads one declared column out of events, in the read model's form: the only place where Cap'n Proto becomes SQL.
//
// Threads: one at a time (it keeps the text that it makes).
class ColumnReader {
 public:
  explicit ColumnReader(const events::Column& column);
  // What the schema refuses today and the rules of older versions let in has a form of its own, so that an old log
  // stays readable: a text that looks blank is spelled out ("U+00A0"), a magnet link gets the topic of its info hash in
  // front. A time that four-digit years cannot write is NULL. Absent: NULL, or the 0, '' or [] of a column that is
  // declared so. The text dies with the event or at the next read. Throws kj::Exception when the event is damaged,
  // events::Failure for an enumerant that this build does not know.
  Value read(capnp::AnyStruct::Reader group);
  const events::Column& column() const { return column_; }

 private:
  Value read_text(capnp::AnyStruct::Reader group);
  Value read_enumeration(capnp::AnyStruct::Reader group) const;
  Value read_integers(capnp::AnyStruct::Reader group);
  Value datetime(int64_t us);
  Value zero();

  const events::Column& column_;
  std::optional<events::Column> info_hash_;  // beside a magnet link
  std::vector<std::string_view> spellings_;  // by enumerant
  std::string scratch_;
};

class Statement;

// The text must live until the statement was run. Throws as Statement.
void bind(Statement& statement, int parameter, const Value& value);

// The value as a person reads it; NULL is empty.
std::string to_text(const Value& value);

}  // namespace catlog::projector
