#pragma once
#include <optional>
#include <string>

#include <zmq.hpp>

namespace catlog::events {

// What a client proves itself by where the daemon asks for keys, and by what it knows that daemon. In Z85.
struct ClientKeys {
  std::string server_key, public_key, secret_key;

  // Before the socket connects; without any it speaks as everybody does.
  static void use(zmq::socket_t& socket, const std::optional<ClientKeys>& keys) {
    if (!keys) return;
    socket.set(zmq::sockopt::curve_serverkey, keys->server_key);
    socket.set(zmq::sockopt::curve_publickey, keys->public_key);
    socket.set(zmq::sockopt::curve_secretkey, keys->secret_key);
  }
};

}  // namespace catlog::events
