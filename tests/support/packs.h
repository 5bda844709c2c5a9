#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "events/bus/pack_frame.h"
#include "tests/support/bus_peers.h"

namespace catlog::tests {

// The frames of a pack of these commands.
inline std::vector<std::string> pack_of(const std::vector<std::string>& commands, const std::string& tag = "t",
                                        const std::string& session = "", const std::string& encoding = "j") {
  std::string bodies;
  std::vector<uint32_t> lengths;
  for (const auto& command : commands) {
    bodies += command;
    lengths.push_back(static_cast<uint32_t>(command.size()));
  }
  return {tag, encoding, bodies, session, events::write_pack_frame(lengths)};
}

// The receipts of an answer to a pack, empty where another answer has them; none when it is no answer to a pack.
inline std::vector<std::string> receipts_in(const std::vector<std::string>& frames) {
  std::vector<std::string> receipts;
  if (frames.size() != 4) return receipts;
  const auto lengths = events::parse_receipt_lengths(frames[3], frames[2].size());
  if (!lengths) return receipts;
  size_t at = 0;
  for (const uint32_t length : *lengths) {
    receipts.push_back(frames[2].substr(at, length));
    at += length;
  }
  return receipts;
}

// All receipts of a pack, from as many answers as they come in; fewer when something else comes.
inline std::vector<std::string> receive_receipts(zmq::socket_t& socket, size_t commands) {
  std::vector<std::string> all(commands);
  for (size_t came = 0; came < commands;) {
    const auto some = receipts_in(receive(socket));
    if (some.size() != commands) return {};
    for (size_t i = 0; i < commands; ++i) {
      if (some[i].empty()) continue;
      all[i] = some[i];
      ++came;
    }
  }
  return all;
}

}  // namespace catlog::tests
