#include "projector/model/building_files.h"

#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <string>
#include <string_view>
#include <system_error>

#include <fmt/format.h>

#include "events/error.h"
#include "events/rights.h"

namespace catlog::projector {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view building_suffix = ".building";

[[noreturn]] void cannot(const char* what, const fs::path& path, const std::error_code& error) {
  const std::string sentence =
      fmt::format("cannot {} {}: {}{}", what, path.string(), error.message(), events::hint_at(error.value()));
  if (error.value() == ENOSPC || error.value() == EDQUOT) throw events::StorageFull(sentence);
  throw events::Failure(events::Exit::failure, sentence);
}

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
  if (!name.starts_with(begin) || !name.ends_with(building_suffix)) return false;
  name.remove_suffix(building_suffix.size());
  const pid_t process = process_of(name.substr(name.rfind('.') + 1));
  return process != 0 && !is_alive(process);
}

void remove_abandoned(const fs::path& directory, const std::string& begin) {
  std::error_code gone;  // others remove files meanwhile
  for (const auto& entry : fs::directory_iterator(directory, gone))
    if (is_abandoned(entry.path(), begin)) fs::remove(entry.path(), gone);
}

enum class Backups { all, unfinished };

// "x.sqlite.v2.backup" of "x.sqlite", and ".building" behind it, with its journal: not finished. What else begins so is
// somebody's own.
bool is_backup_of(std::string_view file, std::string_view name, Backups which) {
  constexpr std::string_view front = ".v", back = ".backup", journal = "-journal";
  if (!name.starts_with(file)) return false;
  name.remove_prefix(file.size());
  if (name.ends_with(journal)) name.remove_suffix(journal.size());
  const bool is_unfinished = name.ends_with(building_suffix);
  if (is_unfinished) name.remove_suffix(building_suffix.size());
  if (which == Backups::unfinished && !is_unfinished) return false;
  if (!name.starts_with(front) || !name.ends_with(back) || name.size() <= front.size() + back.size()) return false;
  const auto version = name.substr(front.size(), name.size() - front.size() - back.size());
  return version.find_first_not_of("0123456789") == std::string_view::npos;
}

void remove_backups(const fs::path& file, Backups which) {
  std::vector<fs::path> backups;
  for (const fs::path& each : paths_in(fs::absolute(file).parent_path()))
    if (is_backup_of(file.filename().native(), each.filename().native(), which)) backups.push_back(each);
  for (const fs::path& backup : backups) remove_file(backup);
}

}  // namespace

std::vector<fs::path> paths_in(const fs::path& directory) {
  std::vector<fs::path> files;
  std::error_code error;
  for (fs::directory_iterator entry(directory, error), end; !error && entry != end; entry.increment(error))
    files.push_back(entry->path());
  if (error) cannot("read", directory, error);
  return files;
}

void remove_file(const fs::path& file) {
  std::error_code error;
  fs::remove(file, error);
  if (error) cannot("remove", file, error);
}

void remove_database(const fs::path& file) {
  for (const char* tail : {"", "-wal", "-shm", "-journal", "-unsynced"}) remove_file(file.string() + tail);
  remove_backups(file, Backups::all);
}

void remove_unfinished_backups(const fs::path& file) { remove_backups(file, Backups::unfinished); }

fs::path own_building(const fs::path& file) {
  const fs::path own = fmt::format("{}.{}{}", file.string(), ::getpid(), building_suffix);
  remove_database(own);
  return own;
}

void remove_own_buildings(const fs::path& directory) noexcept try {
  const std::string own = fmt::format(".{}{}", ::getpid(), building_suffix);
  std::error_code gone;
  for (const auto& entry : fs::directory_iterator(directory, gone))
    if (entry.path().filename().native().ends_with(own)) fs::remove(entry.path(), gone);
} catch (const std::exception&) {
  // The next build removes them.
}

void remove_all_abandoned(const fs::path& directory) { remove_abandoned(directory, ""); }

void remove_abandoned(const fs::path& file) {
  remove_abandoned(fs::absolute(file).parent_path(), file.filename().string() + '.');
}

Building::~Building() {
  try {
    remove_database(file_);
  } catch (const std::exception&) {
  }
}

}  // namespace catlog::projector
