#pragma once
#include <memory>
#include <optional>
#include <span>

#include <capnp/any.h>
#include <capnp/message.h>
#include <capnp/serialize.h>

#include "events/schema/vocabulary.h"

namespace catlog::events {

struct EventType;

// A record's reader under a name that can be declared without seeing the vocabulary: for headers.
class RecordReader : public schema::Record::Reader {
 public:
  RecordReader() = default;
  RecordReader(schema::Record::Reader from) : schema::Record::Reader(from) {}  // NOLINT(google-explicit-constructor)
};

// A log record, read in place: `bytes` must be 8-byte aligned stream-framed words of one segment and outlive this
// object. An event whose meaning has changed is seen as the present one (upcast.h). Throws kj::Exception when the frame
// is broken. Neither copied nor moved.
class RecordView {
 public:
  explicit RecordView(std::span<const std::byte> bytes);
  RecordView(const RecordView&) = delete;
  const RecordReader& root() const { return root_; }

 private:
  kj::ArrayPtr<const capnp::word> segment_;
  std::optional<capnp::SegmentArrayMessageReader> reader_;  // of one that is not plain
  RecordReader root_;
  std::unique_ptr<capnp::MessageBuilder> present_;  // the record, where it is not the stored one
};

// Get and set the columns of a record's event, which must be of this type, with columns. Reflection costs more.
capnp::AnyStruct::Reader columns_in(const EventType& type, const RecordReader& record);
void set_columns(const EventType& type, schema::Record::Builder record, capnp::AnyStruct::Reader columns);

}  // namespace catlog::events
