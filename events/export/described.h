#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "events/schema/model.h"

namespace catlog::events {

// What a value is, in any language.
struct ValueType {
  enum class Is { nothing, flag, small, integer, real, text, time, choice, object, list };
  Is is = Is::nothing;          // small: an integer that every language holds; integer: up to 64 bits
  std::string name;             // of a choice or an object
  std::vector<ValueType> each;  // of a list: one
};

// One member of an object.
struct DescribedField {
  std::string name, says;
  ValueType type;
  Format format = Format::ANY;
  schema::Identity identity = schema::Identity::SPELLING;
  std::optional<double> least, most;
  bool is_required = false;  // sent: refused without it; else: always there
  bool is_secret = false;    // taken, and never shown again
  std::string otherwise;     // what it is when it was left out; empty: nothing is said
  std::string table;         // whose row ids it holds; empty: none
};

// Who writes an object, so which members it has: in an event what the handler assigned, and no secrets.
enum class Written { by_producers, by_the_daemon, in_an_event };

// One JSON object.
struct DescribedObject {
  enum class Alternatives { none, members, ways };  // members: of a union; ways: of naming a thing, or of two fields

  std::string name;
  Written written = Written::by_producers;
  Entity names = Entity::UNSET;        // what kind of thing it names, if it is a reference
  std::vector<DescribedField> fields;  // beside the alternatives
  Alternatives are = Alternatives::none;
  std::vector<std::vector<DescribedField>> alternatives;  // exactly one; of an event that was withheld none
};

// An enumeration's spellings, and what they mean where that is said.
struct DescribedChoice {
  struct Value {
    std::string spelling, says;
  };
  std::string name;
  std::vector<Value> values;
};

struct DescribedCommand {
  std::string name, says;
  std::string sent_by;  // who may send it
  std::string example;  // as JSON, without an id
  std::string object;
};

struct DescribedEvent {
  std::string name, says;
  std::string does;                // to which rows of the read model
  std::string stream;              // the table whose rows' streams it is in: "movies", of the topics movies/42/
  std::string object;              // empty: null stands for it
  std::vector<std::string> names;  // members of the header's `names`, beside `actor`
};

// A kind of row: what names it outside, beside its row id.
struct DescribedEntity {
  std::string name, table, stream;
  std::vector<std::string> natural_key;  // columns; none: it is known by its row id only
};

// All that is said on the bus, in an order in which each object stands behind those it is made of (but for a batch,
// which holds commands).
struct Description {
  std::vector<DescribedChoice> choices;
  std::vector<DescribedObject> objects;
  std::vector<DescribedCommand> commands;
  std::vector<DescribedEvent> events;
  std::vector<DescribedEntity> entities;

  // Null when there is none.
  const DescribedObject* object(std::string_view name) const;
  const DescribedChoice* choice(std::string_view name) const;
  const DescribedCommand* command(std::string_view name) const;
  const DescribedEvent* event(std::string_view name) const;
};

}  // namespace catlog::events
