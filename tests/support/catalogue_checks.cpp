#include "tests/support/catalogue_checks.h"

#include "events/schema/vocabulary.h"

#include <fmt/format.h>

#include <set>

#include "commandhandler/state/check_state.h"
#include "events/text/uuid.h"
#include "projector/rebuild/verify.h"
#include "store/check_tree.h"
#include "store/records.h"
#include "store/state_store.h"

namespace catlog::tests {

namespace fs = std::filesystem;
using events::Position;
using events::schema::Record;

namespace {

using Findings = std::vector<std::string>;

void add(Findings& all, const char* what, const Findings& some) {
  for (const auto& each : some) all.push_back(fmt::format("{}: {}", what, each));
}

// Which ids have events where; an id's events are one run.
class Effects {
 public:
  explicit Effects(Findings& findings) : findings_(findings) {}

  void take(Record::Reader record) {
    const Position position = record.getPosition();
    const std::string command = events::to_string(events::uuid_of(record.getCommandId()));
    const std::string batch = record.hasBatch() ? events::to_string(events::uuid_of(record.getBatch().getId())) : "";
    if (record.getIndex() == 0 || command != last_command_) begin(command, position);
    if (!batch.empty() && record.getIndex() == 0) begin(batch, position);
    runs_[command].second = position;
    if (!batch.empty()) runs_[batch].second = position;
    last_command_ = command;
  }

  void compare(const Acknowledged& acknowledged) {
    for (const auto& [id, positions] : acknowledged) {
      const auto run = runs_.find(id);
      if (run == runs_.end())
        findings_.push_back(fmt::format("command {} was acknowledged and is not in the log", id));
      else if (run->second != positions)
        findings_.push_back(fmt::format("command {} was acknowledged at {} to {} and is at {} to {}", id,
                                        positions.first, positions.second, run->second.first, run->second.second));
    }
  }

 private:
  void begin(const std::string& id, Position position) {
    if (!runs_.emplace(id, std::pair(position, position)).second)
      findings_.push_back(fmt::format("command {} has a second effect at position {}", id, position));
  }

  Findings& findings_;
  Acknowledged runs_;
  std::string last_command_;
};

}  // namespace

std::vector<std::string> faults_in(const fs::path& data, const Acknowledged& acknowledged) {
  Findings findings;
  const store::Log log = store::Log::open(data / "log", store::Access::read);
  add(findings, "log", store::check_tree(log, 10, {}).findings);
  add(findings, "log", projector::verify_log(log).findings);
  if (!findings.empty()) return findings;  // the rest is made from it

  Effects effects(findings);
  store::for_each_record(log, 1, log.head(), [&](Record::Reader record) {
    effects.take(record);
    return true;
  });
  effects.compare(acknowledged);

  if (fs::exists(data / "state" / "data.mdb")) {
    const auto states = store::StateStore::open(data / "state", log.id(), store::Access::read);
    if (const auto check = commandhandler::check_state(log, states); check.difference)
      findings.push_back("decision state: " + *check.difference);
  }
  if (fs::exists(data / "readmodel")) {
    const auto quarantine = projector::Quarantine::load(data / "quarantine.json", log.id());
    add(findings, "read model",
        projector::verify_read_model(log, quarantine, data / "readmodel", data / "readmodel", projector::Depth::deep)
            .findings);
  }
  return findings;
}

std::vector<std::string> seals_without_key(const fs::path& data) {
  constexpr std::string_view mark = "sealed:1:";
  constexpr size_t id_length = 16, key_bytes = 32;
  std::set<std::string> ids;
  const store::Log log = store::Log::open(data / "log", store::Access::read);
  log.snapshot().scan(1, [&](Position, store::Bytes bytes) {
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    for (size_t at = text.find(mark); at != std::string_view::npos; at = text.find(mark, at + 1))
      ids.emplace(text.substr(at + mark.size(), id_length));
    return true;
  });
  if (fs::exists(data / "keys"))
    for (const auto& entry : fs::directory_iterator(data / "keys"))
      if (const std::string name = entry.path().stem().string();
          entry.path().extension() == ".key" && entry.file_size() == key_bytes && name.size() > id_length)
        ids.erase(name.substr(name.size() - id_length));
  Findings findings;
  for (const auto& id : ids) findings.push_back(fmt::format("key {} is in use and not there", id));
  return findings;
}

}  // namespace catlog::tests
