#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <capnp/any.h>
#include <capnp/schema.h>

#include "events/schema/entity.h"

namespace catlog::events {

// How a value is held in Cap'n Proto and what it becomes in JSON and SQL.
enum class Kind {
  integer,      // Int64; JSON number (text beyond 2^53), SQL INTEGER
  flag,         // Int64 0 or 1; JSON boolean, SQL INTEGER
  datetime,     // Int64 microseconds since 1970 UTC; JSON RFC 3339, SQL text with milliseconds
  real,         // Float64, NaN is absent; JSON number, SQL REAL
  text,         // Text; SQL TEXT
  enumeration,  // enum, 0 is absent; JSON and SQL its declared spelling
  integers,     // List(Int64); JSON array, SQL TEXT that holds one
  other,        // a struct, another list, an unsigned header field, Data: never a column
};

// One field of a column group or command, with what the schema declares about it.
struct Column {
  std::string name;
  capnp::StructSchema::Field field;
  Kind kind = Kind::other;
  schema::Absent absent = schema::Absent::ZERO;
  schema::Identity identity = schema::Identity::SPELLING;
  Format format = Format::ANY;
  std::optional<double> least, most;
  bool assigned = false;  // set by the handler, an unknown field in a command
  bool kept = false;      // the decision state holds its value
  bool secret = false;    // never shown
  // offset: where a number lies in its struct's data section, in bytes; of a pointer, its number. default_bits: the
  // value that lies there as 0.
  uint32_t offset = 0;
  uint64_t default_bits = 0;
};

// One member of the event union.
struct EventType {
  uint16_t which = 0;  // its discriminant
  std::string name;    // movieDescribed
  Op op = Op::UNSET;
  Entity entity = Entity::UNSET;
  uint8_t group = 0;  // column group whose digest the state keeps; 0: none
  capnp::StructSchema::Field field;
  std::vector<Column> columns;         // empty for a Void member
  std::vector<size_t> judged_indexes;  // by number; see judged_indexes()
  bool has_row_id = false;             // the row's id is in the column `id`; else it is the stream's id
  uint32_t pointer = 0;                // of a record, to its columns: the pointer's number
};

// One member of the command union.
struct CommandType {
  uint16_t which = 0;
  std::string name;  // putMovie
  schema::Allowed allowed = schema::Allowed::ADMIN;
  std::string says;     // one sentence
  std::string example;  // a command as JSON, without its id
  capnp::StructSchema::Field field;
};

struct Index {
  std::vector<std::string> columns;
  bool unique = false;
  bool by_identity = false;  // holds what its one column is compared by; no event may add a second row to an entry
};

struct Reference {
  std::string column;
  Entity to = Entity::UNSET;
  schema::OnDelete on_delete = schema::OnDelete::RESTRICT;
};

struct EntityModel {
  Entity entity = Entity::UNSET;
  std::string name;   // movie
  std::string table;  // movies
  Entity stream = Entity::UNSET;
  std::string owner;  // column that holds the stream's id, when the stream is another entity's
  std::vector<Index> indexes;
  std::vector<Reference> references;
  std::string created, updated;  // columns of recordedAt of the first and last event; empty: none
  bool is_link = false;
  std::vector<std::string> kept;  // columns whose values the state holds: keys, references, what rules read
};

// What is shown in place of a secret column's value.
constexpr const char* hidden_text = "(hidden)";

// The declaration (schema/*.capnp) as tables, read once from the compiled schemas.
//
// Threads: immutable after construction, use it from any. Lifetime: `model()` lives as long as the process.
class Model {
 public:
  Model();
  Model(const Model&) = delete;
  const EntityModel& entity(Entity e) const { return entities_.at(static_cast<size_t>(e)); }
  // All declared entities, in the order of Entity; each owner stands before what it owns.
  const std::vector<EntityModel>& entities() const { return entities_; }  // [0] is unset
  // Null when this build does not know the event (discriminant 0 or a later schema's).
  const EventType* event(uint16_t which) const;
  const EventType* event(std::string_view name) const;
  const std::vector<EventType>& events() const { return events_; }
  const std::vector<CommandType>& commands() const { return commands_; }
  // Null when there is none.
  const CommandType* command(uint16_t which) const;
  const CommandType* command(std::string_view name) const;
  // "movies" -> movie; unset when no stream has that name.
  Entity stream_named(std::string_view table) const;

 private:
  std::vector<EntityModel> entities_;
  std::vector<EventType> events_;
  std::vector<CommandType> commands_;
  std::vector<const EventType*> by_which_;             // into events_
  std::vector<const CommandType*> commands_by_which_;  // into commands_
};

const Model& model();

// The reference of a link entity that does not lead to its owner.
const Reference& other_side_of(const EntityModel& link);

// Whether this version knows the kind of stream that a record names (a later version may have written it), and a
// sentence about one that it does not know.
bool is_known_stream(Entity stream);
std::string unknown_stream(Entity stream);

// The indexes of `entity`, by number, in which an event may give its row the place of another row. Only indexes that
// are unique or by identity count: all of them for an event that creates rows, and for one that updates rows those over
// any of its columns.
std::vector<size_t> judged_indexes(const EntityModel& entity, const EventType& event);

// The declared columns of a struct, in schema order.
std::vector<Column> columns_of(capnp::StructSchema schema);

// Reads one field's declaration.
Column column_of(capnp::StructSchema::Field field);

// The enumerant's spelling in JSON and SQL: "LOGIN_FAILURE", "downloading".
std::string_view spelling(capnp::EnumSchema::Enumerant enumerant);
// 0 (unset) when there is none of that spelling; "unset" is no spelling.
uint16_t enumerant_of(capnp::EnumSchema schema, std::string_view text);

// Read a column of any kind but `other` where it lies in its struct: reflection costs ten times as much. A value is
// absent when it is the null of its kind, for text and lists a null pointer; an absent text reads as empty.
bool is_absent_in(const Column& column, capnp::AnyStruct::Reader group);
int64_t integer_in(const Column& column, capnp::AnyStruct::Reader group);  // flags and times too
double real_in(const Column& column, capnp::AnyStruct::Reader group);
uint16_t enumerant_in(const Column& column, capnp::AnyStruct::Reader group);
std::string_view text_in(const Column& column, capnp::AnyStruct::Reader group);
capnp::List<int64_t>::Reader integers_in(const Column& column, capnp::AnyStruct::Reader group);  // absent: empty

}  // namespace catlog::events
