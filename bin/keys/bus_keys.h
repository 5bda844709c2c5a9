#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "events/bus/allow_list.h"
#include "events/data_directory.h"

namespace catlog::keys {

// The folder bus-keys/ of a data directory: the daemon's own key pair, and allowed/, a file for each name that may use
// the bus (events/PROTOCOL.md, "Keys and roles"). All of it is the owner's alone. Secret keys are in no message.

std::filesystem::path allowed_folder(const events::DataDirectory& data);

// The daemon's key pair; made when there is none. Throws Failure(failure) for a file
// that cannot be used, with what to do.
events::KeyPair server_keys(const events::DataDirectory& data);

// Whether there is one already.
bool has_server_keys(const events::DataDirectory& data);

struct Allowed {
  std::vector<events::AllowList::Entry> entries;  // users are numbers
  std::vector<std::string> faults;                // sentences about files that cannot be used: these allow nobody
};
// Throws Failure(failure) when the folder cannot be read.
Allowed read_allowed(const events::DataDirectory& data);

// Writes one, in place of what there was. Throws Failure(refused) when it has more keys than a file may hold, and as
// DurableFile.
void write_allowed(const events::DataDirectory& data, const events::AllowList::Entry& entry);
// Takes one away, for good also after a power cut; false when there is none of that name.
bool remove_allowed(const events::DataDirectory& data, const std::string& name);

// Whether the folder has changed since it was asked last. Threads: one.
class AllowedWatch {
 public:
  explicit AllowedWatch(const events::DataDirectory& data) : folder_(allowed_folder(data)) {}
  // The first time: yes.
  bool has_changed();
  // What was said last could not be taken over: it has changed when it is asked next.
  void forget() { seen_ = never; }

 private:
  std::filesystem::path folder_;
  static constexpr const char* never = "never";
  std::string seen_ = never;
};

}  // namespace catlog::keys
