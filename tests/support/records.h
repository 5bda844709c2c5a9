#pragma once
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "events/position.h"
#include "events/schema/entity.h"
#include "store/log.h"

namespace catlog::tests {

// One event to be recorded: its stream and the event union as JSON, {"movieDescribed":{..}}, all columns allowed.
struct EventDraft {
  events::Entity stream;
  int64_t id;
  std::string json;
};

struct CommandHeader {
  std::optional<int64_t> user_id;
  std::string ip_address, user_agent;
};

// Records of a log as the handler would write them: gapless positions, versions and back-positions of streams, index
// and count, times a second apart, made-up command ids.
class RecordScript {
 public:
  // The events of one command. Fails the program when the JSON is wrong.
  events::Position command(const std::vector<EventDraft>& drafts, const CommandHeader& header = {});

  events::Position head() const { return records_.size(); }
  // Record of a position; dies with the script.
  store::Bytes bytes(events::Position position) const;
  // Ends of commands, with 0.
  const std::vector<events::Position>& command_ends() const { return command_ends_; }

  // Appends what the log does not have yet, a commit for each command.
  void append_to(store::Log& log) const;
  // The same for a log that nobody has open; made when it is missing.
  void append_to(const std::filesystem::path& log) const;

  static constexpr int64_t first_time_us = 1'700'000'000'000'000;
  static constexpr int64_t step_us = 1'000'000;

 private:
  struct Stream {
    uint64_t version = 0;
    events::Position last = 0;
  };
  std::vector<std::string> records_;
  std::vector<events::Position> command_ends_{0};
  std::map<std::pair<events::Entity, int64_t>, Stream> streams_;
};

}  // namespace catlog::tests
