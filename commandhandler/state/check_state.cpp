#include "commandhandler/state/check_state.h"

#include "events/schema/record.h"

#include <algorithm>

#include <fmt/format.h>

#include "commandhandler/state/apply.h"
#include "commandhandler/state/state.h"
#include "events/digest.h"
#include "events/error.h"
#include "store/records.h"

namespace catlog::commandhandler {

using events::Exit;
using events::Failure;

namespace {

constexpr Position events_per_snapshot = 10'000;

// The log folded in memory, as far as it was asked for.
class Fold {
 public:
  Fold(const store::Log& log, std::pmr::memory_resource& memory) : log_(log), layer_(memory) {}

  template <class Progress>
  void go_to(Position position, const Progress& progress) {
    while (at_ < position) {
      const store::LogSnapshot snapshot = log_.snapshot();
      if (snapshot.head() < position)
        throw Failure(Exit::damaged, fmt::format("the decision state is at position {}, but the log ends at {}",
                                                 position, snapshot.head()));
      const Position last = std::min(position, at_ + events_per_snapshot);
      store::visit_records(snapshot, at_ + 1, [&](const events::RecordReader& record) {
        apply(state_, record);
        return ++at_ < last;
      });
      if (progress) progress(at_, position);
    }
  }

  const Layer& layer() const { return layer_; }

 private:
  const store::Log& log_;
  Layer layer_;
  State state_{{&layer_}, nullptr};
  Position at_ = 0;
};

// Names rows by what they are, everything else by its table; keys and values stay unseen, for some are secrets.
std::string name_of(std::string_view key) {
  if (key.size() > 8) {
    const int64_t id = id_at_end(key);
    for (const auto& entity : events::model().entities())
      if (row_key(entity.entity, id) == key) return fmt::format("{}/{}", entity.table, id);
  }
  if (is_command_key(key)) return "an accepted command's id";
  auto entity = key.size() > 1 ? static_cast<size_t>(static_cast<uint8_t>(key[1])) : 0;
  const auto& entities = events::model().entities();
  return fmt::format("a key or link of {}", entity < entities.size() ? entities[entity].table : "nothing known");
}

std::optional<std::string> first_unlike(const store::StateSnapshot& stored, const Layer& folded, uint64_t& entries) {
  std::optional<std::string> difference;
  stored.scan("", "", [&](std::string_view key, std::string_view value) {
    ++entries;
    const auto entry = folded.find(key);
    if (!entry || !*entry)
      difference = fmt::format("{} is in the decision state, but not by the log", name_of(key));
    else if (**entry != value)
      difference = fmt::format("{} is not what the log says", name_of(key));
    return !difference;
  });
  return difference;
}

// The least key that only the fold has, so that two runs name the same one.
std::optional<std::string> missing_in(const store::StateSnapshot& stored, const Layer& folded) {
  std::optional<std::string> least;
  folded.visit([&](std::string_view key, const Layer::Entry& value) {
    if (value && !stored.get(key) && (!least || key < *least)) least = key;
  });
  return least;
}

}  // namespace

StateCheck check_state(const store::Log& log, const store::StateStore& stored,
                       const std::function<void(Position, Position)>& progress, std::pmr::memory_resource& memory) {
  Fold fold(log, memory);
  // Most of the way without a snapshot of the state: it goes on meanwhile.
  fold.go_to(stored.snapshot().position(), progress);
  const store::StateSnapshot snapshot = stored.snapshot();
  fold.go_to(snapshot.position(), progress);

  StateCheck result{.position = snapshot.position(), .entries = 0, .difference = {}};
  result.difference = first_unlike(snapshot, fold.layer(), result.entries);
  if (result.difference) return result;
  if (auto missing = missing_in(snapshot, fold.layer()))
    result.difference = fmt::format("{} is missing in the decision state", name_of(*missing));
  return result;
}

}  // namespace catlog::commandhandler
