#pragma once
#include <filesystem>
#include <optional>
#include <string>

#include "events/bus/allow_list.h"
#include "events/bus/client_keys.h"

namespace catlog::keys {

// What somebody who uses the bus keeps: a file that only they may read, of lines of a word and a value.
struct KeyFile {
  std::string name;
  events::KeyPair own;
  std::string server_key;  // the daemon's public key; empty in the daemon's own file
};

// Throws Failure(usage) for a file that is not there, may be read by others, or is none; never says what is in it.
KeyFile read_key_file(const std::filesystem::path& file);
// What a client that begins at this endpoint proves itself by, there or where it is led to; nothing without a file.
// `server_key`: in place of the file's, unless it is empty. Throws as read_key_file, and Failure(usage) where that key
// is not known and the endpoint wants it.
std::optional<events::ClientKeys> client_keys(const std::filesystem::path& file, const std::string& server_key,
                                              const std::string& endpoint);
// A new one, which only the owner may read. Throws Failure(usage) when the name is taken, and as DurableFile.
void write_key_file(const std::filesystem::path& file, const KeyFile& key);

}  // namespace catlog::keys
