#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "events/position.h"
#include "events/schema/entity.h"
#include "events/schema/model.h"
#include "events/schema/record.h"

namespace catlog::events {

// By what a row is known outside: the values of its entity's natural key, in the order of that index's columns; of one
// that is a reference, the row id that it leads to. A row has the same one from its first event on, and no other row of
// its kind has it while it is there; row ids are never given again. So what a row id stands for follows from the log up
// to the event that names it, whatever came behind.
struct NaturalKey {
  // A longer text is not told, whoever asks: it would be in the header of each event that names the row.
  static constexpr size_t most_text_bytes = 256;

  std::vector<std::variant<int64_t, std::string>> values;  // none: it holds a text that is too long to be told
  bool operator==(const NaturalKey&) const = default;
};

// What is known of a row's natural key without reading the log: from the decision state, say.
struct KnownKey {
  std::optional<NaturalKey> key;  // nothing: there is no such row in the events up to `at`, or it cannot be read
  Position at = 0;
};
// Asked for removed rows too. An empty function knows nothing: whoever asks reads the log from its beginning.
using KnownKeys = std::function<KnownKey(Entity, int64_t id)>;

// The index that is the natural key of rows with a stream of their own; null where there is none: lists, audit rows.
const Index* natural_key_of(const EntityModel& entity);

// The key that an event gives the row whose stream it is in; nothing for one that does not create that row.
std::optional<NaturalKey> natural_key_in(const EventType& type, const RecordReader& record);

// A column of an event that holds row ids.
struct RowIdColumn {
  const Column* column;
  Entity to;
};
// Those that an event has.
const std::vector<RowIdColumn>& row_id_columns(const EventType& type);

// Whether an event removes, by its row id alone, a translation: what is known outside is its language.
bool removes_translation(const EventType& type);

}  // namespace catlog::events
