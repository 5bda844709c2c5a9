#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
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
// What is known may be behind the log by what a flush waits for. What came since, up to the event that is asked about,
// is read once and kept until it is known. Where that would be more than Reach::behind events, or rows than it has room
// for, what is not known has its id alone.
// Memory: 2 * most_kept keys and Reach::rows, each of at most NaturalKey::most_text_bytes of text. Threads: one at a
// time. Lifetime: the log's.
class Names {
 public:
  static constexpr size_t most_kept = 8'192;
  static constexpr unsigned most_genres = 256;
  static constexpr int most_looked_back = 128;  // events of a stream, for the translation that one of them removed
  // How much of the log is read for what is not known: events in one call of told(), and rows that are kept of them.
  struct Reach {
    Position behind = 100'000;
    size_t rows = 131'072;
  };

  explicit Names(const store::Log& log, KnownKeys known = {});
  Names(const store::Log& log, KnownKeys known, Reach reach);
  Names(const Names&) = delete;
  ~Names();

  // Nothing: the event names nothing that is known outside. Dies with the next call, and with this. The event must be
  // in the log. Throws Failure(damaged) for a record that cannot be read.
  std::optional<events::schema::Names::Reader> told(const events::RecordReader& record);

 private:
  using Row = std::pair<events::Entity, int64_t>;

  bool fill(const events::RecordReader& record, events::schema::Names::Builder names);
  // Dies with the next call.
  const events::NaturalKey* key_of(Row row);
  const events::NaturalKey* keep(Row row, events::NaturalKey key);
  const events::NaturalKey* find_unknown(Row row, Position known_at);
  std::string language_of(const events::RecordReader& removal, const events::EventType& type) const;
  template <class Reference>
  void name(Row row, Reference reference);
  bool name_any(Row row, events::schema::Names::Builder names);

  const store::Log& log_;
  KnownKeys known_;
  Reach reach_;
  struct Kept;
  std::unique_ptr<Kept> kept_;
  std::map<Row, std::pair<events::NaturalKey, Position>> unknown_;
  Position looked_to_ = 0, known_to_ = 0;
  Position at_ = 0;  // of the event that is asked about
};

}  // namespace catlog::projector
