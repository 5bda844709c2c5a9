#pragma once
#include <memory>
#include <span>

#include <capnp/message.h>

#include "events/schema/vocabulary.h"

namespace catlog::events {

// A change of an event's meaning. The old member stays in the schema and in the log, and whoever reads a record that
// holds it sees the present event instead: the decision state, the projection, history, feed and replay. The stored
// bytes, and so their hash, stay what they are. README.md says how to add one.
struct Upcast {
  schema::Record::Event::Which from;  // the old event
  // Writes what `stored` means today; only the event, for the header tells what happened then. Must not fail for any
  // record that was ever written, and must follow from the record alone: it is done again at every reading.
  void (*write)(schema::Record::Reader stored, schema::Record::Event::Builder present);
};

// All there are, the oldest change first: what one writes, a later one may take further. Its only definition is
// upcasts.cpp; a test that links another one in its place has every reader use that.
extern const std::span<const Upcast> upcasts;

// The record as it is read today; null when that is `stored` itself. RecordView is what calls it.
std::unique_ptr<capnp::MessageBuilder> upcast(schema::Record::Reader stored);

}  // namespace catlog::events
