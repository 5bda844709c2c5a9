#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace catlog::events {

// A limit that somebody outside runs into (events/bus/limits.h and its neighbours hold it).
struct Limit {
  std::string name;
  uint64_t value = 0;
  std::string says;
};

// One frame of a message.
struct Frame {
  std::string name, says;
};

// A kind of message on a socket.
struct WireMessage {
  std::string name, says;
  std::vector<Frame> frames;
  std::string header, body;  // objects of the description; header: empty when there is none
};

// A socket of the daemon, by its file in run/.
struct Endpoint {
  std::string name, file;
  std::string binds;                  // what the daemon's side is
  std::vector<std::string> connects;  // what a client's may be
  std::string says;
  std::vector<WireMessage> requests;  // none: it sends unasked
  std::vector<WireMessage> messages;  // answers, or what is sent unasked
};

// As events/PROTOCOL.md has them.
const std::vector<Limit>& limits();
const std::vector<Endpoint>& endpoints();

}  // namespace catlog::events
