#pragma once
#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

#include <zmq.hpp>

namespace catlog::events {

// What a client proves itself by where the daemon asks for keys, and by what it knows that daemon. In Z85.
struct ClientKeys {
  std::string server_key, public_key, secret_key;

  // Before the socket connects to this endpoint; without any it speaks as everybody does, and where a socket's file is
  // guarded by its rights too.
  static void use(zmq::socket_t& socket, const std::string& endpoint, const std::optional<ClientKeys>& keys) {
    if (!keys || !is_wanted_at(endpoint)) return;
    socket.set(zmq::sockopt::curve_serverkey, keys->server_key);
    socket.set(zmq::sockopt::curve_publickey, keys->public_key);
    socket.set(zmq::sockopt::curve_secretkey, keys->secret_key);
  }

  static bool is_wanted_at(std::string_view endpoint) {
    return !endpoint.starts_with("ipc://") || endpoint.starts_with("ipc://@");
  }

  // Whether a client at the endpoint `from` may go on at `to` because it is told that this one writes, and has `key`
  // (empty: that was not said). No answer makes it believe a key that its owner did not give it: where it has keys they
  // must be the same, and it does not go on without them; where it has none it stays on this machine, for beyond it
  // nobody speaks without, but a stranger.
  static bool may_follow(std::string_view from, std::string_view to, std::string_view key,
                         const std::optional<ClientKeys>& keys) {
    // What ZeroMQ, or our own lists of endpoints, would take for more than one.
    if (std::ranges::any_of(to, [](char c) { return c == ',' || c == ';' || static_cast<unsigned char>(c) < ' '; }))
      return false;
    if (is_wanted_at(to) && keys) return key.empty() || key == keys->server_key;
    if (is_wanted_at(from) && keys) return false;
    if (to.starts_with("ipc:///")) return true;
    for (const std::string_view here : {"tcp://127.0.0.1:", "tcp://localhost:", "tcp://[::1]:"}) {
      if (!to.starts_with(here)) continue;
      const auto port = to.substr(here.size());
      return !port.empty() && std::ranges::all_of(port, [](char c) { return c >= '0' && c <= '9'; });
    }
    return false;
  }
};

}  // namespace catlog::events
