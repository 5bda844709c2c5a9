// The download bridge: has libtorrent do what the log wants.
#include <signal.h>

#include <cstdlib>
#include <exception>
#include <iostream>

#include <fmt/format.h>

#include "bin/last_words.h"
#include "bin/service/daemon_log.h"
#include "bin/service/service_manager.h"
#include "bin/standard_streams.h"
#include "bin/torrent/bridge.h"
#include "bin/torrent/options.h"
#include "events/bus/bus.h"
#include "events/error.h"

namespace {

namespace daemon_log = catlog::daemon_log;
using catlog::events::Exit;
using catlog::events::Failure;
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

int fail(Exit code, const char* what) {
  daemon_log::error(what);
  return static_cast<int>(code);
}

}  // namespace

int main(int argc, char** argv) {
  catlog::open_standard_streams();
  catlog::close_to_others();
  catlog::tell_last_words("catlog-torrent");
  daemon_log::begin();
  catlog::torrent::Options options;
  if (const auto answer = catlog::torrent::read_options(argc, argv, options)) return *answer;
  try {
    run(options);
  } catch (const Failure& failure) {
    return fail(failure.code(), failure.what());
  } catch (const catlog::events::StorageFull& full) {
    return fail(Exit::failure, full.what());
  } catch (const std::exception& exception) {
    return fail(Exit::failure, exception.what());
  }
  return 0;
}
