#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "events/position.h"
#include "events/schema/natural_key.h"
#include "store/log.h"

namespace catlog::projector {

using events::KnownKeys;
using events::Position;

// What events name by row id, by what is known outside (ChangeHeader's names; events/PROTOCOL.md, "Names").
//
// What is known may be behind the log by what a flush waits for. What came since is read once, and kept until it is
// known; of more than `most_unknown` rows no names are given until what is known has caught up.
// Memory: 2 * most_kept keys and most_unknown. Threads: one at a time. Lifetime: the log's.
class Names {
 public:
  static constexpr size_t most_kept = 8'192, most_unknown = 131'072;
  static constexpr unsigned most_genres = 256;
  static constexpr int most_looked_back = 4'096;  // events of a stream, for the translation that one of them removed

  explicit Names(const store::Log& log, KnownKeys known = {}, size_t at_most_unknown = most_unknown);
  Names(const Names&) = delete;
  ~Names();

  // Into an empty one; false when the event names nothing that is known outside. The event must be in the log. Throws
  // Failure(damaged) for a record that cannot be read.
  bool fill(const events::RecordReader& record, events::schema::Names::Builder names);

 private:
  using Row = std::pair<events::Entity, int64_t>;

  // Dies with the next call.
  const events::NaturalKey* key_of(Row row);
  const events::NaturalKey* keep(Row row, events::NaturalKey key);
  const events::NaturalKey* find_unknown(Row row, Position known_at);
  std::string language_of(const events::RecordReader& removal, const events::EventType& type) const;
  template <class Reference>
  void name(int64_t id, Reference reference);
  bool name_any(Row row, events::schema::Names::Builder names);

  const store::Log& log_;
  KnownKeys known_;
  size_t most_unknown_;
  struct Kept;
  std::unique_ptr<Kept> kept_;
  std::map<Row, std::pair<events::NaturalKey, Position>> unknown_;
  Position looked_to_ = 0, known_to_ = 0;
};

}  // namespace catlog::projector
