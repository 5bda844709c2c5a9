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
#include <simdjson.h>

#include "bin/roles.h"
#include "commandhandler/clock.h"
#include "store/membership.h"

namespace catlog::cli {

using events::Exit;

namespace {

constexpr uint64_t few_descriptors = 4'096;
constexpr std::string_view handler_role = "handler";

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
  const bool is_node = !overview.cluster_notes.empty();  // one that follows runs no handler, and takes its place
  for (const Role& role : all_roles)
    if (!(is_node && role.name == handler_role) &&
        std::ranges::none_of(overview.roles, [&](const auto& held) { return held.name == role.name; }))
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

void look_at_cluster(const Settings& settings, const Overview& overview, Findings& findings) {
  std::optional<std::string> cluster;
  try {
    cluster = store::membership(settings.data.root);
  } catch (const events::Failure& failure) {
    return findings.fault("cluster", failure.code(), failure.what());
  }
  const std::string of = fmt::format("a node of {}", cluster ? "the cluster " + *cluster : "a cluster");
  if (overview.cluster_notes.empty()) {
    if (cluster) findings.ok("cluster", of + ": nobody but catlogd-cluster with that --cluster writes here");
    return;
  }
  simdjson::dom::parser parser;
  simdjson::dom::object notes, troubles;
  bool answers = false;
  std::string_view leader;
  if (parser.parse(overview.cluster_notes).get(notes) != simdjson::SUCCESS ||
      notes["engineAnswers"].get(answers) != simdjson::SUCCESS || notes["leader"].get(leader) != simdjson::SUCCESS)
    return;
  if (!answers)
    findings.fault("cluster", Exit::unreachable,
                   of + ": etcd does not answer, no command is taken, reads go on: see to etcd (RUNBOOK.md, \"Three "
                        "machines\")");
  else if (leader.empty())
    findings.warn("cluster", of + ": etcd answers, and nobody leads: if that stays, look at the other nodes' logs");
  else if (notes["troubles"].get(troubles) == simdjson::SUCCESS && troubles.size() > 0)
    findings.warn("cluster", fmt::format("{}: {} leads, etcd answers; the line cluster of `catlog status` has what is "
                                         "wrong with other nodes",
                                         of, leader));
  else
    findings.ok("cluster", fmt::format("{}: {} leads, etcd answers", of, leader));
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

void look_at_processes(const Settings& settings, const Overview& overview, Findings& findings) {
  look_at_roles(overview, findings);
  look_at_cluster(settings, overview, findings);
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
