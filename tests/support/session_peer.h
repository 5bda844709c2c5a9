#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include <zmq.hpp>

#include "events/bus/bus.h"
#include "events/bus/session_frame.h"
#include "tests/support/bus_peers.h"
#include "tests/support/data_directory.h"

namespace catlog::tests {

// A producer's session on the intake, message by message: it sends what it is told to, in whatever order. Over another
// connection it is another object, with the same id.
class SessionPeer {
 public:
  explicit SessionPeer(const std::filesystem::path& data, char id = 's')
      : socket_(events::connect_socket(context_, zmq::socket_type::dealer, events::endpoint_in(data, "commands.ipc"))) {
    id_.fill(id);
  }
  void send(const std::string& command, uint64_t number, uint64_t oldest, std::vector<events::Uuid> behind = {},
            uint64_t floor = 0) {
    const events::SessionFrame frame{id_, number, oldest, floor, std::move(behind)};
    tests::send(socket_, {"tag " + std::to_string(number), "j", command, events::write_session_frame(frame)});
  }
  // The next receipt, whichever it is of.
  std::string receipt() {
    const auto frames = receive(socket_);
    return frames.size() == 3 ? frames.back() : "none";
  }
  std::string ask(const std::string& command, uint64_t number, uint64_t oldest, std::vector<events::Uuid> behind = {},
                  uint64_t floor = 0) {
    send(command, number, oldest, std::move(behind), floor);
    return receipt();
  }
  zmq::socket_t& socket() { return socket_; }

 private:
  zmq::context_t context_;
  zmq::socket_t socket_;
  events::SessionFrame::Id id_;
};

// "accepted 3" with its first position, "unchanged", or a refusal's code.
inline std::string verdict_of(const std::string& receipt) {
  const Row row = read_row(receipt);
  if (row.contains("accepted")) return "accepted " + read_row(row.at("accepted")).at("firstPosition");
  if (row.contains("unchanged")) return "unchanged";
  const std::string code = read_row(row.at("refused")).at("code");
  return code.substr(1, code.size() - 2);
}

}  // namespace catlog::tests
