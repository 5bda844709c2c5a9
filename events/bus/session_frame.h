#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "events/text/uuid.h"

namespace catlog::events {

// The fourth frame of a request (PROTOCOL.md, "Sessions"): which session it is of, and its place there.
struct SessionFrame {
  using Id = std::array<char, 16>;

  Id id{};
  uint64_t number = 0;  // of this request
  uint64_t oldest = 0;  // of the oldest request that the producer had no receipt for when it sent this one
  // When it is sent again: the last position that a receipt of the session named, and the ids of the commands with the
  // next numbers that were sent before (all 0: another one).
  uint64_t floor = 0;
  std::vector<Uuid> behind;
};

constexpr uint64_t max_session_number = uint64_t{1} << 53;  // exact as a double too
constexpr size_t max_session_behind = 1'023;

// Nothing when it is no such frame; session_fault says what one is.
std::optional<SessionFrame> parse_session_frame(std::string_view frame);
std::string write_session_frame(const SessionFrame& session);
constexpr std::string_view session_fault =
    "a session frame is 16 bytes of id, then number and oldest with 8 bytes each, big-endian and 1 <= oldest <= number "
    "<= 2^53; or, when it is sent again, behind these a position of 8 bytes and 1 to 1,023 command ids of 16 bytes";

}  // namespace catlog::events
