#pragma once
#include <cstdint>
#include <expected>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "events/position.h"

namespace catlog::projector {

using events::Position;

constexpr size_t max_quarantined_events = 10'000;
constexpr size_t max_why_bytes = 1'000;
constexpr size_t max_who_bytes = 256;

// A quarantined event: one that the operator put on the list.
struct QuarantinedEvent {
  Position position = 0;
  std::string why;      // not blank, UTF-8, one line
  int64_t when_us = 0;  // of the decision
  std::string who;      // the user of the operating system
  friend bool operator==(const QuarantinedEvent&, const QuarantinedEvent&) = default;
};

// The operator's list of events, by position, that the read model leaves out, each with all of its command and what
// needs it: the live projection, a rebuild, a file as of a position and verify all take it. The log, the decision state
// and the feed go on as if there were none. DATA/quarantine.json; projector/FORMAT.md has the form. A missing file is
// an empty list.
//
// Threads: a value. Durability: see save.
class Quarantine {
 public:
  // An empty list, of no log yet.
  Quarantine() = default;
  explicit Quarantine(std::string log_id) : log_id_(std::move(log_id)) {}

  // The list in the file, its texts as printable lines. What is wrong with it, naming the file and what to do, when it
  // cannot be read, is damaged, or is the list of another log.
  static std::expected<Quarantine, std::string> read(const std::filesystem::path& file, const std::string& log_id);
  // The same, but throws what is wrong as Failure(damaged).
  static Quarantine load(const std::filesystem::path& file, const std::string& log_id);
  // Puts the list in the file's place, whole: when this returns it survives a power cut, and after a crash in the
  // middle the old one is there. The caller holds run/quarantine.lock. Throws StorageFull, Failure(failure): then the
  // old one stays.
  void save(const std::filesystem::path& file) const;

  bool empty() const { return events_.empty(); }
  // By position.
  std::span<const QuarantinedEvent> events() const { return events_; }
  // Null when it is not on the list; dies with the next add or remove.
  const QuarantinedEvent* find(Position position) const;
  // The first event on the list from `first` to `last`; null: there is none. For a command's positions: its events are
  // left out together.
  const QuarantinedEvent* first_in(Position first, Position last) const;
  // Whether there may be something to leave out up to there.
  bool leaves_out(Position up_to) const { return !events_.empty() && events_.front().position <= up_to; }
  // Why the event cannot go on the list: a reason that is blank, too long or not one line of UTF-8, a position that is
  // on it already, a list that is full. Empty: it can.
  std::string objection(const QuarantinedEvent& event) const;
  // An event that has no objection.
  void add(QuarantinedEvent event);
  // False when it was not on the list.
  bool remove(Position position);

 private:
  std::string log_id_;
  std::vector<QuarantinedEvent> events_;  // by position
};

}  // namespace catlog::projector
