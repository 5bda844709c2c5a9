#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <zmq.hpp>

#include "events/position.h"

namespace catlog::events {

// One event as who follows sees it.
struct Change {
  std::string topic;  // json/movies/42/
  std::string log_id;
  Position position = 0;
  Position previous_in_table = 0;  // of a replayed event only what the replay's chunk knows; see events/PROTOCOL.md
  Position previous_in_stream = 0;
  std::string command_id;
  std::string payload;  // the event's record as a line of JSON, without secrets
  std::string names;    // what the event names by row id, by what is known outside: an object of JSON; empty: nothing
  // The payload's length, when that is over a frame's limit: then the payload has no event; `catlog log` shows it.
  std::optional<uint64_t> withheld_bytes;
};

// From its three frames; `what` they are of, for words. Throws Failure(failure) where they cannot be read.
Change change_from(const zmq::message_t& topic, const zmq::message_t& header, const zmq::message_t& payload,
                   std::string_view what);

// Whether so many frames are those of so many events. What is multiplied may wrap: the other side says the number.
inline bool are_frames_of(uint64_t events, size_t frames) { return frames % 3 == 0 && frames / 3 == events; }

}  // namespace catlog::events
