#include "bin/daemon/loop_options.h"

#include <string>
#include <utility>

#include "bin/service/daemon_log.h"
#include "events/bus/bus.h"

namespace catlog {

projector::ProjectorOptions projector_options(const Options& options, const Doors& doors, events::KnownKeys known) {
  projector::ProjectorOptions with;
  with.at_standstill = options.only.empty() ? projector::OnStandstill::wait : projector::OnStandstill::end;
  if (options.only.empty())
    with.on_standstill = [](const auto& standstill) { daemon_log::error(projector::to_text(standstill)); };
  with.on_waiting = [](const std::string& words) { daemon_log::warn("the projector waits: " + words); };
  with.on_waited = [] { daemon_log::info("the projector waits no more, and goes on"); };
  with.on_passed = [](auto position) {
    daemon_log::info("the projector goes on" + (position == 0 ? "" : " after position " + std::to_string(position)));
  };
  with.wal.limit_bytes = options.wal_limit_bytes;
  with.feed = doors.changes();
  with.known = std::move(known);
  with.wal.on_readers_in_the_way = [](const std::string& words) { daemon_log::warn(words); };
  with.on_notice = [](const std::string& words) { daemon_log::warn(words); };
  with.wal.on_not_removed = [](const std::string& words) { daemon_log::warn(words); };
  with.wal.on_readers_gone = [](const std::string& words) { daemon_log::info(words); };
  return with;
}

commandhandler::HandlerOptions handler_options(const events::DataDirectory& data, const Options& options,
                                               const Doors& doors) {
  commandhandler::HandlerOptions with{data, options.min_free_bytes};
  with.intake = doors.commands();
  with.on_disk_space = [reserve = options.min_free_bytes](commandhandler::DiskSpace space) {
    switch (space) {
      case commandhandler::DiskSpace::none:
        return daemon_log::warn(
            "there is no space left on the disk: commands are refused with storageFull until there is");
      case commandhandler::DiskSpace::below_reserve:
        return daemon_log::warn(
            "there is no space left on the disk for commands: " + commandhandler::reserve_words(reserve) +
            ". They are refused with storageFull until then");
      case commandhandler::DiskSpace::enough:
        return daemon_log::info("there is space on the disk again: commands are taken");
    }
  };
  if (options.is_clock_right) with.clock = commandhandler::ClockAtStart::is_right;
  with.on_clock = [](const std::string& fault) {
    if (fault.empty())
      daemon_log::info("the clock of this machine and the log agree again");
    else
      daemon_log::warn(fault);
  };
  return with;
}

housekeeping::Tell housekeeping_tells() {
  return {[](const std::string& words) { daemon_log::warn(words); },
          [](const std::string& words) { daemon_log::info(words); }};
}

}  // namespace catlog
