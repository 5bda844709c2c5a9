#include "projector/generations.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>

#include <fmt/format.h>

#include "projector/checkpoint.h"
#include "projector/read_model.h"

namespace catlog::projector {

namespace fs = std::filesystem;
using events::Exit;
using events::Failure;

namespace {

constexpr std::string_view prefix = "gen-", suffix = ".sqlite";

// 0: not a generation's name.
unsigned number_of(const fs::path& path) {
  std::string name = path.filename().string();
  if (!name.starts_with(prefix) || !name.ends_with(suffix)) return 0;
  const char* end = name.data() + name.size() - suffix.size();
  unsigned number = 0;
  auto [at, error] = std::from_chars(name.data() + prefix.size(), end, number);
  return error == std::errc() && at == end ? number : 0;
}

void set_state(const fs::path& file, State state) {
  Database database(file, Open::write);
  if (read_checkpoint(database).state != state) write_state(database, state);
}

}  // namespace

void sync_path(const fs::path& path) {
  int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  int failed = descriptor < 0 ? errno : 0;
  if (descriptor >= 0) {
    if (::fsync(descriptor) != 0) failed = errno;
    ::close(descriptor);
  }
  if (failed) throw Failure(Exit::failure, fmt::format("cannot sync {}: {}", path.string(), std::strerror(failed)));
}

void remove_database(const fs::path& file) {
  for (const char* tail : {"", "-wal", "-shm", "-journal"}) fs::remove(file.string() + tail);
  std::vector<fs::path> backups;
  for (const auto& entry : fs::directory_iterator(fs::absolute(file).parent_path()))
    if (entry.path().filename().string().starts_with(file.filename().string() + ".v")) backups.push_back(entry.path());
  for (const fs::path& backup : backups) fs::remove(backup);
}

Generations::Generations(const fs::path& directory) : directory_(directory) { fs::create_directories(directory_); }

std::vector<fs::path> Generations::all() const {
  std::vector<fs::path> found;
  for (const auto& entry : fs::directory_iterator(directory_))
    if (number_of(entry.path()) != 0) found.push_back(entry.path());
  std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return number_of(a) < number_of(b); });
  return found;
}

std::optional<fs::path> Generations::current_path() const {
  std::error_code missing;
  fs::path target = fs::read_symlink(link(), missing);
  if (!missing && fs::exists(directory_ / target)) return directory_ / target;
  auto whole = all();
  if (whole.empty()) return std::nullopt;
  return whole.back();
}

bool Generations::is_current(const fs::path& generation) const {
  std::error_code missing;
  return fs::read_symlink(link(), missing) == generation.filename() && !missing;
}

fs::path Generations::start_building(std::string_view name) const {
  fs::path building = directory_ / fmt::format("{}.building.sqlite", name);
  remove_database(building);
  return building;
}

fs::path Generations::adopt(const fs::path& built) const {
  auto whole = all();
  unsigned number = whole.empty() ? 1 : number_of(whole.back()) + 1;
  fs::path generation = directory_ / fmt::format("{}{:06}{}", prefix, number, suffix);
  sync_path(built);
  fs::rename(built, generation);
  sync_path(directory_);
  return generation;
}

store::FileLock Generations::lock_switch() const {
  return store::FileLock(directory_ / "switch.lock", "another switch of generations", store::FileLock::IfHeld::wait);
}

fs::path Generations::take_over(const fs::path& built) const {
  const auto lock = lock_switch();
  fs::path generation = adopt(built);
  link_to(generation);
  return generation;
}

void Generations::switch_to(const fs::path& generation) const {
  const auto lock = lock_switch();
  link_to(generation);
}

std::optional<fs::path> Generations::kept() const {
  auto others = all();
  std::erase_if(others, [this](const fs::path& generation) { return is_current(generation); });
  if (others.empty()) return std::nullopt;
  return others.back();
}

fs::path Generations::prepare_live(const std::string& log_id) const {
  const auto lock = lock_switch();
  auto current = current_path();
  if (!current) {
    fs::path building = start_building("first");
    {
      ReadModel empty(building, log_id, 0, Writing::bulk);
      empty.finish_bulk();
      empty.close();
    }
    current = adopt(building);
  }
  if (!is_current(*current)) link_to(*current);
  for (const fs::path& older : all())
    if (number_of(older) < number_of(*current)) retire(older);
  return *current;
}

// A kept generation that cannot be written (damaged, say) must not stop the one that took its place.
void Generations::retire(const fs::path& generation) {
  try {
    set_state(generation, State::retired);
  } catch (const Failure&) {
  }
}

void Generations::link_to(const fs::path& generation) const {
  std::error_code missing;
  const fs::path before = directory_ / fs::read_symlink(link(), missing);
  set_state(generation, State::live);
  fs::path fresh = directory_ / "current.sqlite.new";
  fs::remove(fresh);
  fs::create_symlink(generation.filename(), fresh);
  fs::rename(fresh, link());
  sync_path(directory_);

  auto old = all();
  std::erase(old, directory_ / generation.filename());
  // The one that was live is the way back, whatever its number.
  std::stable_partition(old.begin(), old.end(), [&](const fs::path& each) { return each != before; });
  for (size_t i = 0; i < old.size(); ++i) {
    if (i + old_generations_kept < old.size()) {
      remove_database(old[i]);
    } else {
      retire(old[i]);
    }
  }
}

}  // namespace catlog::projector
