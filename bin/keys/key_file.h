#pragma once
#include <filesystem>
#include <string>

#include "events/bus/allow_list.h"

namespace catlog::keys {

// What somebody who uses the bus keeps: a file that only they may read, of lines of a word and a value.
struct KeyFile {
  std::string name;
  events::KeyPair own;
  std::string server_key;  // the daemon's public key; empty in the daemon's own file
};

// Throws Failure(usage) for a file that is not there, may be read by others, or is none; never says what is in it.
KeyFile read_key_file(const std::filesystem::path& file);
// A new one, which only the owner may read. Throws Failure(usage) when the name is taken, and as DurableFile.
void write_key_file(const std::filesystem::path& file, const KeyFile& key);

}  // namespace catlog::keys
