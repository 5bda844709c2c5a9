// What encryption costs a producer.
#include <cstdlib>
#include <string>

#include <fmt/format.h>

#include "bin/keys/bus_keys.h"
#include "tests/bench/figures.h"

namespace catlog::bench {
void Figures::curve() {
  const auto bodies = Workload::of_first_user(workload_.titles(Encoding::json, counts_.titles));
  const auto rate_at = [&](const std::string& endpoint, const std::filesystem::path& data, const Prepare& prepare) {
    ::setenv(commands_endpoint_variable, endpoint.c_str(), 1);
    Daemon daemon(program_, data, scratch_ / "catlogd-curve.log");
    ::unsetenv(commands_endpoint_variable);
    send_all(daemon.endpoint(), one_client, Workload::first_user(), Encoding::json, interrupt_);
    const double rate = send_all(endpoint, many_clients, bodies, Encoding::json, interrupt_, prepare).per_second();
    daemon.stop();
    std::filesystem::remove_all(data);
    return rate;
  };
  const double plain = rate_at(free_endpoint("127.0.0.1"), scratch_ / "data-plain", {});

  // All addresses of the machine: that is for peers with keys, and who connects there comes to this machine.
  const auto data = scratch_ / "data-curve";
  const std::string port = free_endpoint("0.0.0.0");
  { const Daemon makes_the_log(program_, data, scratch_ / "catlogd-curve.log"); }
  const auto own = events::new_key_pair();
  const std::string server = keys::server_keys(data).public_key;
  keys::write_allowed(data, {"bench", events::PeerRole::producer, {own.public_key}, {}});
  const double encrypted = rate_at(port, data, [&](zmq::socket_t& socket) {
    socket.set(zmq::sockopt::curve_serverkey, server);
    socket.set(zmq::sockopt::curve_publickey, own.public_key);
    socket.set(zmq::sockopt::curve_secretkey, own.secret_key);
  });
  table_.add({"with keys (CURVE), new titles, JSON, 32 clients x 64: commands/s", "the same over plain tcp", ">= 0.5"},
             encrypted, plain);
}

}  // namespace catlog::bench
