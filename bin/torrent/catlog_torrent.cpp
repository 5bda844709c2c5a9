// The download bridge: has libtorrent do what the log wants.
#include <signal.h>

#include <iostream>

#include <fmt/format.h>

#include "bin/service/daemon_log.h"
#include "bin/service/program.h"
#include "bin/service/service_manager.h"
#include "bin/torrent/bridge.h"
#include "bin/torrent/options.h"
#include "events/bus/bus.h"

namespace {

namespace daemon_log = catlog::daemon_log;
using catlog::events::Stop;

Stop* stop_of_signals = nullptr;

void stop_at_signals(Stop& stop) {
  stop_of_signals = &stop;
  struct sigaction action {};
  action.sa_handler = [](int) { stop_of_signals->set(); };
  for (const int signal : {SIGTERM, SIGINT}) ::sigaction(signal, &action, nullptr);
}

void run(const catlog::torrent::Options& options) {
  Stop stop;
  stop_at_signals(stop);
  catlog::ServiceManager manager;
  catlog::torrent::Bridge bridge(options);
  daemon_log::info(fmt::format("listens for peers on {}, port {}", options.engine.listen, bridge.port()));
  if (catlog::torrent::is_loopback_only(options.engine.listen))
    daemon_log::warn(
        "peers are sought on this machine only: nothing outside is reached. --listen 0.0.0.0:6881, or the line "
        "listen = \"0.0.0.0:6881\" of the configuration, changes that");
  std::cout << "catlog-torrent ready" << std::endl;
  manager.ready();
  bridge.run(stop);
  manager.stopping();
}

}  // namespace

int main(int argc, char** argv) {
  catlog::torrent::Options options;
  const auto read = [&] { return catlog::torrent::read_options(argc, argv, options); };
  return catlog::run_program("catlog-torrent", read, [&] { run(options); });
}
