#pragma once
#include <boost/test/unit_test.hpp>

#include <cstdint>
#include <fstream>
#include <string>

#include <fmt/format.h>
#include <sys/resource.h>

#include "tests/support/bus_peers.h"
#include "tests/support/data_directory.h"

namespace catlog::tests {

constexpr uint64_t kb_in_mb = 1024;
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr uint64_t sanitizers_kb = 1'000 * kb_in_mb;  // they keep what was freed
#else
constexpr uint64_t sanitizers_kb = 0;
#endif

// A daemon, and clients of it that mean harm. At the end it must have lived through everything and go on.
struct HarmedDaemon {
  DataDirectory data{CATLOG_BIN};
  Daemon daemon = data.start();
  zmq::context_t context;
  int asked = 0;

  void teardown() {
    BOOST_TEST(is_served());
    BOOST_TEST(data.out_of({"verify"}) == "ok\n");
    BOOST_TEST(daemon.terminate() == 0, daemon.err());
  }
  zmq::socket_t dealer(const char* name = "commands.ipc") {
    return events::connect_socket(context, zmq::socket_type::dealer, events::endpoint_in(data.path(), name));
  }
  bool is_served(zmq::socket_t& peer) {
    send(peer,
         {std::to_string(++asked), "j",
          fmt::format(R"({{"id":"01950000-0000-7000-8000-{0:012}","putGenre":{{"tmdbId":{0},"name":"G"}}}})", asked)});
    const auto reply = receive(peer);
    return reply.size() == 3 && reply[0] == std::to_string(asked) && has(reply[2], "accepted");
  }
  bool is_served() {
    auto peer = dealer();
    return is_served(peer);
  }
  // What of its memory is no file's.
  uint64_t anonymous_kb() const {
    std::ifstream status(fmt::format("/proc/{}/status", daemon.pid()));
    const std::string name = "RssAnon:";
    for (std::string line; std::getline(status, line);)
      if (line.starts_with(name)) return std::stoull(line.substr(name.size()));
    return UINT64_MAX;
  }
  void allow_descriptors(rlim_t count) const {
    const rlimit limit{count, count};
    BOOST_TEST_REQUIRE(::prlimit(daemon.pid(), RLIMIT_NOFILE, &limit, nullptr) == 0);
  }
};

}  // namespace catlog::tests
