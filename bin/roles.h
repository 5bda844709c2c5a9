#pragma once
#include <filesystem>
#include <optional>
#include <string_view>

namespace catlog {

// A loop of the daemon, and what it is found by in run/: the lock <name>.lock, and its socket.
struct Role {
  const char* name;    // as --only has it
  const char* socket;  // in run/; empty: it has none
};
inline constexpr Role all_roles[] = {{"handler", "commands.ipc"},  {"state", ""},
                                     {"projector", "changes.ipc"}, {"replay", "replay.ipc"},
                                     {"groups", "groups.ipc"},     {"housekeeping", ""}};

// Of all sockets in run/, the doorbells too: where its path fits, every one does.
inline constexpr std::string_view longest_socket = "groups-operator.ipc";

// The socket's file; nothing when the endpoint has none ("tcp://…", "ipc://@…").
inline std::optional<std::filesystem::path> file_of_endpoint(std::string_view endpoint) {
  constexpr std::string_view ipc = "ipc://";
  if (!endpoint.starts_with(ipc) || endpoint.starts_with("ipc://@")) return {};
  return endpoint.substr(ipc.size());
}

}  // namespace catlog
