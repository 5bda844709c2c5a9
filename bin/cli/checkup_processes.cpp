#include "bin/cli/checkup.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "bin/roles.h"
#include "commandhandler/clock.h"

namespace catlog::cli {

using events::Exit;

namespace {

constexpr uint64_t few_descriptors = 4'096;

// Of a process that runs: the soft limit, which catlogd has raised to the hard one. Nothing when it may not be seen.
std::optional<uint64_t> descriptor_limit(const std::string& process) {
  std::ifstream limits("/proc/" + process + "/limits");
  constexpr std::string_view name = "Max open files";
  for (std::string line; std::getline(limits, line);)
    if (line.starts_with(name)) return std::strtoull(line.c_str() + name.size(), nullptr, 10);
  return {};
}

void look_at_roles(const Overview& overview, Findings& findings) {
  if (!overview.may_see_roles)
    return findings.ok("daemon", "only the owner of the locks in run/ may see who runs; not looked at");
  std::vector<std::string> missing;
  for (const Role& role : all_roles)
    if (std::ranges::none_of(overview.roles, [&](const auto& held) { return held.name == role.name; }))
      missing.emplace_back(role.name);
  if (overview.roles.empty())
    findings.fault("daemon", Exit::unreachable, "catlogd does not run: start it (systemctl start catlogd)");
  else if (!missing.empty())
    findings.fault("daemon", Exit::unreachable,
                   fmt::format("nobody runs {}: start it, or catlogd with all of its loops", fmt::join(missing, ", ")));
  else
    findings.ok("daemon", "all of its loops run");
  for (const auto& path : overview.missing_sockets)
    findings.fault("socket", Exit::unreachable,
                   fmt::format("{} is missing, and nobody can reach the daemon by it: restart catlogd", path));
}

void look_at_descriptors(const Overview& overview, Findings& findings) {
  const auto handler = std::ranges::find_if(overview.roles, [](const auto& held) { return held.name == "handler"; });
  if (handler == overview.roles.end()) return;
  const auto limit = descriptor_limit(handler->process);
  if (!limit) return;
  if (*limit < few_descriptors)
    findings.warn("descriptors", fmt::format("catlogd may have {} open; with many clients some are turned away: raise "
                                             "its hard limit (LimitNOFILE in the unit)",
                                             *limit));
  else
    findings.ok("descriptors", fmt::format("catlogd may have {} open", *limit));
}

void look_at_standstill(const Overview& overview, Findings& findings) {
  const auto& quarantine = overview.quarantine;
  if (!quarantine.list_fault.empty()) findings.fault("quarantine", Exit::damaged, quarantine.list_fault);
  if (quarantine.standstill)
    findings.fault("projector", Exit::unapplied,
                   projector::to_text(*quarantine.standstill) +
                       " (RUNBOOK.md, \"An event that cannot be applied\", says what to do)");
  if (!quarantine.list.events().empty())
    findings.warn("quarantine", fmt::format("{} events are left out of the read model: `catlog quarantine` lists them",
                                            quarantine.list.events().size()));
  else if (quarantine.list_fault.empty())
    findings.ok("quarantine", "no event is left out");
}

}  // namespace

void look_at_processes(const Settings&, const Overview& overview, Findings& findings) {
  look_at_roles(overview, findings);
  look_at_descriptors(overview, findings);
  if (overview.handler_notes.find("\"storageFull\":true") != std::string::npos)
    findings.fault("commands", Exit::failure, "they are refused with storageFull: free space on the disk");
  look_at_standstill(overview, findings);
  const auto clock = commandhandler::clock_fault(overview.clock);
  if (!clock.empty())
    findings.warn("clock", clock);
  else
    findings.ok("clock", "it agrees with the log");
}

}  // namespace catlog::cli
