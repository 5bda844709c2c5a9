#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "bin/service/log_options.h"
#include "bin/torrent/engine/seen.h"
#include "bin/torrent/transfers.h"

namespace catlog::torrent {

// What catlog-torrent was told by its command line, its environment and its configuration.
struct Options {
  std::filesystem::path data = "catlog-data";                        // catlogd's: where its sockets are
  std::string commands_endpoint, changes_endpoint, replay_endpoint;  // in place of those
  std::filesystem::path key_file, reading_key_file;                  // for endpoints where keys are asked for
  std::string server_key;                                            // in place of the files'
  std::string http_endpoint;                                         // where it answers who watches; empty: nowhere
  std::filesystem::path downloads = "catlog-downloads";
  std::string play_endpoint = "tcp://127.0.0.1:0";
  EngineOptions engine;
  Rules rules;
  uint64_t look_seconds = 30;  // between two looks at the files of what is whole
  bool is_adopting = false;
  LogOptions log;
};

// Reads them; the exit code with which the program ends at once (--help, wrong use), or nothing.
std::optional<int> read_options(int argc, char** argv, Options& options);

}  // namespace catlog::torrent
