#include "projector/building_files.h"

#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <string>
#include <string_view>
#include <system_error>

#include <fmt/format.h>

#include "projector/generations.h"

namespace catlog::projector {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view building = ".building";

// 0: it is none.
pid_t process_of(std::string_view digits) {
  pid_t process = 0;
  const char* end = digits.data() + digits.size();
  const auto [at, error] = std::from_chars(digits.data(), end, process);
  return error == std::errc() && at == end && process > 0 ? process : 0;
}

bool is_alive(pid_t process) { return ::kill(process, 0) == 0 || errno == EPERM; }

// "<begin><process id>.building" of a process that is gone. What is only like it is somebody's own.
bool is_abandoned(const fs::path& file, std::string_view begin) {
  const std::string filename = file.filename().string();
  std::string_view name = filename;
  if (!name.starts_with(begin) || !name.ends_with(building)) return false;
  name.remove_suffix(building.size());
  const pid_t process = process_of(name.substr(name.rfind('.') + 1));
  return process != 0 && !is_alive(process);
}

void remove_abandoned(const fs::path& directory, const std::string& begin) {
  std::error_code gone;  // others remove files meanwhile
  for (const auto& entry : fs::directory_iterator(directory, gone))
    if (is_abandoned(entry.path(), begin)) fs::remove(entry.path(), gone);
}

}  // namespace

fs::path own_building(const fs::path& file) {
  const fs::path own = fmt::format("{}.{}{}", file.string(), ::getpid(), building);
  remove_database(own);
  return own;
}

void remove_all_abandoned(const fs::path& directory) { remove_abandoned(directory, ""); }

void remove_abandoned(const fs::path& file) {
  remove_abandoned(fs::absolute(file).parent_path(), file.filename().string() + '.');
}

}  // namespace catlog::projector
