#include "bin/nodes/lists.h"

#include <fmt/format.h>

#include <set>
#include <system_error>

#include "events/digest.h"
#include "projector/groups/group_file.h"
#include "projector/quarantine/quarantine.h"
#include "store/files/durable_file.h"
#include "store/files/own_file.h"

namespace catlog::nodes {
namespace {

namespace fs = std::filesystem;

constexpr size_t max_list_bytes = size_t{16} << 20;

std::string digest_of_file(const fs::path& file) {
  const auto bytes = store::read_own_file(file, max_list_bytes);
  return bytes ? events::hex(events::sha256(*bytes)) : none;
}

}  // namespace

Groups read_groups(const fs::path& groups) {
  Groups found;
  for (const std::string& name : projector::group_names(groups))
    if (auto bytes = store::read_own_file(projector::file_of_group(groups, name), max_list_bytes))
      found.emplace(name, std::move(*bytes));
  return found;
}

std::string digest_of(const Groups& groups) {
  if (groups.empty()) return none;
  std::string all;
  for (const auto& [name, bytes] : groups) all += fmt::format("{} {}\n{}", name, bytes.size(), bytes);
  return events::hex(events::sha256(all));
}

void add_frames(const Groups& groups, std::vector<std::string>& frames) {
  for (const auto& [name, bytes] : groups) frames.insert(frames.end(), {name, bytes});
}

Groups parse_groups(const std::vector<std::string>& frames, size_t begin) {
  Groups groups;
  for (size_t at = begin; at + 1 < frames.size(); at += 2)
    if (projector::is_group_name(frames[at])) groups.emplace(frames[at], frames[at + 1]);
  return groups;
}

void keep_copies(const fs::path& groups, const std::string& node, const Groups& theirs) {
  const fs::path folder = groups / projector::of_other_nodes / node;
  if (theirs.empty() && !fs::exists(folder)) return;
  store::make_directories(folder);
  for (const auto& [name, bytes] : theirs) {
    const fs::path file = projector::file_of_group(folder, name);
    if (const auto there = store::read_own_file(file, max_list_bytes); !there || *there != bytes)
      store::write_durably(file, bytes, store::shared_file);
  }
  for (const std::string& name : projector::group_names(folder))
    if (!theirs.contains(name)) projector::remove_group(folder, name);
}

std::string describe_lists(const events::DataDirectory& data, const std::string& log_id) {
  std::string lists;
  const auto quarantine = projector::Quarantine::read(data.quarantine(), log_id);
  if (!quarantine) lists = "quarantine.json cannot be used\n";
  if (quarantine)
    for (const auto& event : quarantine->events()) lists += fmt::format("quarantine.json {}\n", event.position);
  std::set<fs::path> files;
  std::error_code missing;
  for (const auto& entry : fs::directory_iterator(data.bus_keys() / "allowed", missing)) files.insert(entry.path());
  for (const fs::path& file : files)
    lists += fmt::format("bus-keys/allowed/{} {}\n", file.filename().string(), digest_of_file(file));
  return events::hex(events::sha256(lists));
}

}  // namespace catlog::nodes
