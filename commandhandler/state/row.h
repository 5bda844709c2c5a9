#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "events/position.h"
#include "events/schema/model.h"
#include "events/text/uuid.h"

namespace catlog::commandhandler {

using events::Entity;
using events::Position;

// A column's value as the decision state holds it: NULL, a number (flags, times and enumerants too) or text.
using Value = std::variant<std::monostate, int64_t, double, std::string>;

// The first 16 bytes of the SHA-256 of a column group in canonical form; all zero: no such group yet.
using GroupDigest = std::array<uint8_t, 16>;

// What the decision state knows of one row. The row of a stream's own entity is also the stream's head, and stays,
// not alive, when it is removed.
struct Row {
  bool alive = false;
  uint64_t version = 0;        // of the stream, when the row is its head
  Position last_position = 0;  // the same
  int64_t created_us = 0;
  std::vector<Value> kept;  // in the order of EntityModel::kept
  std::vector<GroupDigest> groups;

  GroupDigest group(uint8_t number) const {
    return number > 0 && number <= groups.size() ? groups[number - 1u] : GroupDigest{};
  }
  void set_group(uint8_t number, const GroupDigest& digest);
};

// The fixed part of a row, read without the rest.
struct RowHead {
  bool alive = false;
  uint64_t version = 0;
  Position last_position = 0;
};

std::string encode_row(const Row& row);
// These make no Row, and throw Failure(damaged) when the bytes are too few.
RowHead decode_head(std::string_view bytes);
// Whether it is the row of something alive with this digest of its column group `number`.
bool holds_group(std::string_view bytes, uint8_t number, const GroupDigest& digest);
// Whether it is the row of something alive with this kept value `number`.
bool holds_value(std::string_view bytes, size_t number, const Value& value);
// Throws Failure(damaged) on anything that encode_row does not write.
Row decode_row(std::string_view bytes);

// A row as the state holds it, of which what is asked for is read where it lies. Throws Failure(damaged) as decode_row.
// Lifetime: the bytes'. Threads: one at a time.
class EncodedRow {
 public:
  explicit EncodedRow(std::string_view bytes);
  int64_t created_us() const;
  // Number `number` of EntityModel::kept; NULL when the row lacks it.
  Value kept(size_t number) const;

 private:
  static constexpr size_t places_known = 16;  // of its first values; few rows have more
  std::string_view bytes_;
  uint8_t values_ = 0;
  // Where the values lie, as far as they were looked for.
  mutable size_t last_found_ = 0;
  mutable std::array<uint32_t, places_known> places_;
};

// Changes an encoded row without making a Row of it. Throws Failure(damaged) on anything that encode_row does not
// write, and for what the row does not have. Cheapest in the order of the values.
class RowPatch {
 public:
  explicit RowPatch(std::string_view row) : bytes_(row) {}
  void set_head(uint64_t version, Position last_position);
  // Number `number` of EntityModel::kept.
  void set_kept(size_t number, const Value& value);
  void set_group(uint8_t number, const GroupDigest& digest);
  const std::string& bytes() const { return bytes_; }

 private:
  // Where kept value number `number` lies; one behind the last is where the groups begin.
  size_t place_of(size_t number);

  std::string bytes_;
  size_t found_ = 0, found_at_ = 0;  // the last number that was looked for, and where it lies; 0: none was
};

// Where `column` is in EntityModel::kept of its entity; it must be there.
size_t number_of(Entity entity, std::string_view column);
// The value of a kept column of `entity`; NULL when the row lacks it.
const Value& kept(const Row& row, Entity entity, std::string_view column);
inline Value kept(const EncodedRow& row, Entity entity, std::string_view column) {
  return row.kept(number_of(entity, column));
}
// By number_of the column, for who reads many of them.
int64_t kept_int(const EncodedRow& row, size_t number);
std::string kept_text(const EncodedRow& row, size_t number);
int64_t kept_int(const Row& row, Entity entity, std::string_view column);  // absent_int for NULL
inline int64_t kept_int(const EncodedRow& row, Entity entity, std::string_view column) {
  return kept_int(row, number_of(entity, column));
}
std::optional<double> kept_real(const EncodedRow& row, Entity entity, std::string_view column);
inline std::string kept_text(const EncodedRow& row, Entity entity, std::string_view column) {  // "" for NULL
  return kept_text(row, number_of(entity, column));
}

// The keys of the decision state; one ordered key space (commandhandler/FORMAT.md). Ids and integers are big-endian
// with the sign bit flipped, so that they sort.
//
// Of these there are several in each command: no string is made for them.
template <size_t size>
struct FixedBytes {
  std::array<char, size> bytes;
  operator std::string_view() const { return {bytes.data(), size}; }
};
FixedBytes<10> row_key(Entity entity, int64_t id);
FixedBytes<2> counter_key(Entity entity);
FixedBytes<17> command_key(events::Uuid id);
// Unique index `number` of an entity -> row id.
std::string unique_key(Entity entity, size_t number, std::span<const Value> values);
// Prefix of the rows that have these values in a not unique index; index_entry adds the row's id.
std::string index_prefix(Entity entity, size_t number, std::span<const Value> values);
std::string index_entry(std::string prefix, int64_t id);
// Prefix of the children of `parent` through reference `number` of entity `child`; child_entry adds the child's id.
std::string child_prefix(Entity child, size_t number, int64_t parent);
std::string child_entry(Entity child, size_t number, int64_t parent, int64_t id);
// The id at the end of an index or child entry.
int64_t id_at_end(std::string_view key);
bool is_command_key(std::string_view key);
bool is_row_key(std::string_view key);
// Whether keys of this kind are scanned in order (else they are only looked up).
bool is_ordered(std::string_view key);

// Values. What is read throws Failure(damaged) when the bytes are too few.
FixedBytes<8> encode_id(int64_t id);
int64_t decode_id(std::string_view bytes);

// What an accepted command's id stands for.
struct KnownCommand {
  Position first_position = 0;
  Entity subject = Entity::UNSET;
  int64_t subject_id = events::absent_int;
};
FixedBytes<17> encode_known(const KnownCommand& known);
KnownCommand decode_known(std::string_view bytes);

}  // namespace catlog::commandhandler
