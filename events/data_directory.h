#pragma once
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

namespace catlog::events {

// Where things are in a data directory (README.md, "The data directory"). A value: it says nothing of what is there.
struct DataDirectory {
  DataDirectory(std::filesystem::path directory) : root(std::move(directory)) {}  // NOLINT(google-explicit-constructor)

  std::filesystem::path log() const { return root / "log"; }
  std::filesystem::path state() const { return root / "state"; }
  std::filesystem::path keys() const { return root / "keys"; }
  // Of those who may use the bus, and the daemon's own: nothing to do with keys().
  std::filesystem::path bus_keys() const { return root / "bus-keys"; }
  std::filesystem::path read_model() const { return root / "readmodel"; }
  std::filesystem::path current_read_model() const { return read_model() / "current.sqlite"; }
  // Read models as they once stood, for whoever may write there.
  std::filesystem::path as_of() const { return read_model() / "as-of"; }
  std::filesystem::path quarantine() const { return root / "quarantine.json"; }
  // Named groups of subscribers, a file each: what they have dealt with.
  std::filesystem::path groups() const { return root / "groups"; }
  // .torrent files that were given, by their info hash.
  std::filesystem::path torrents() const { return root / "torrents"; }
  // When the daemon's housekeeping ran last, and what came of it.
  std::filesystem::path housekeeping() const { return root / "housekeeping.json"; }
  // Sockets, locks, and notes that one process leaves for another.
  std::filesystem::path run() const { return root / "run"; }
  // What a running handler says of itself, as JSON.
  std::filesystem::path cluster_status() const { return run() / "cluster-status.json"; }
  std::filesystem::path handler_status() const { return run() / "handler-status.json"; }
  // The lock of what one process does at a time: "handler" and the daemon's other loops, "rebuild".
  std::filesystem::path lock(std::string_view doing) const { return run() / (std::string(doing) + ".lock"); }

  std::filesystem::path root;
};

}  // namespace catlog::events
