// Loads one torrent with libtorrent and nothing else, by the bridge's settings: says at which port it is, and "whole"
// when all of it was had.
#include <libtorrent/add_torrent_params.hpp>
#include <libtorrent/alert_types.hpp>
#include <libtorrent/session.hpp>
#include <libtorrent/session_params.hpp>
#include <libtorrent/torrent_info.hpp>

#include <chrono>
#include <memory>
#include <vector>

#include <fmt/format.h>

#include "bin/torrent/engine/settings.h"

namespace {

constexpr std::chrono::milliseconds longest_wait{100};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    fmt::print(stderr, "usage: {} TORRENT_FILE DIRECTORY\n", argv[0]);
    return 2;
  }
  catlog::torrent::EngineOptions options;
  options.listen = "127.0.0.1:0";
  lt::session_params settings;
  catlog::torrent::set_up(settings.settings, options);
  lt::session session(std::move(settings));
  catlog::torrent::hold_all_to_limits(session);
  lt::add_torrent_params params;
  params.ti = std::make_shared<lt::torrent_info>(std::string(argv[1]));
  params.save_path = argv[2];
  params.flags = lt::torrent_flags::duplicate_is_error;
  session.add_torrent(std::move(params));
  for (bool is_checked = false;;) {
    session.wait_for_alert(longest_wait);
    std::vector<lt::alert*> alerts;
    session.pop_alerts(&alerts);
    for (const auto* alert : alerts) {
      if (lt::alert_cast<lt::torrent_checked_alert>(alert) && !is_checked) {
        is_checked = true;
        fmt::print("{}\n", session.listen_port());
        std::fflush(stdout);
      }
      if (!lt::alert_cast<lt::torrent_finished_alert>(alert)) continue;
      fmt::print("whole\n");
      return 0;
    }
  }
}
