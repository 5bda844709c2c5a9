#include "projector/model/generations.h"

#include <sys/stat.h>

#include <algorithm>
#include <charconv>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "events/error.h"
#include "projector/model/building_files.h"
#include "projector/model/read_model.h"
#include "projector/sqlite/checkpoint.h"
#include "projector/sqlite/unsynced.h"
#include "store/files/durable_file.h"

namespace catlog::projector {

namespace fs = std::filesystem;
using events::Exit;
using events::Failure;

namespace {

constexpr std::string_view prefix = "gen-", suffix = ".sqlite", copy_suffix = ".backup";

// When it was changed last, a link itself; microseconds UTC. INT64_MAX: it is not there.
int64_t changed_us(const fs::path& path) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) return INT64_MAX;
  return status.st_mtim.tv_sec * int64_t{1'000'000} + status.st_mtim.tv_nsec / 1'000;
}

// 0: not a generation's name.
unsigned number_of(const fs::path& path) {
  std::string name = path.filename().string();
  if (!name.starts_with(prefix) || !name.ends_with(suffix)) return 0;
  const char* end = name.data() + name.size() - suffix.size();
  unsigned number = 0;
  auto [at, error] = std::from_chars(name.data() + prefix.size(), end, number);
  return error == std::errc() && at == end ? number : 0;
}

// Nothing is written back: the projector of another process may have the file open, and only that knows when its WAL
// may be (write_back.h).
void set_state(const Database& database, State state) {
  if (read_checkpoint(database).state != state) write_state(database, state);
}

// Whoever reads it without a right to write needs the WAL's files, and whoever does not wait for locks none of the
// moments at which one is changed.
std::unique_ptr<Database> open_to_change(const fs::path& file) {
  auto database = std::make_unique<Database>(file, Open::write);
  database->leave_wal_files();
  return database;
}

bool is_in_wal_mode(const fs::path& generation) {
  try {
    const Database database(generation, Open::read);
    Statement mode(database, "PRAGMA journal_mode");
    return mode.step() && mode.text(0) == "wal";
  } catch (const Failure&) {
    return false;  // it is damaged, or none
  }
}

void bring_into_wal_mode(Database& database) {
  database.wait_for_locks(live_busy_timeout_ms);
  try {
    database.run("PRAGMA journal_mode = WAL; SELECT count(*) FROM sqlite_schema");
  } catch (const Busy&) {
    // It is read in DELETE mode, as a way back may be: whoever writes it waits for that reader.
  }
  database.wait_for_locks(busy_timeout_ms);
}

// The same words once.
Generations::NotRemoved once_each(Generations::NotRemoved tell) {
  if (!tell) return {};
  return [tell = std::move(tell), told = std::set<std::string>()](const std::string& words) mutable {
    if (told.insert(words).second) tell(words);
  };
}

}  // namespace

Generations::Generations(const fs::path& directory, NotRemoved on_not_removed)
    : directory_(directory), on_not_removed_(once_each(std::move(on_not_removed))) {
  store::make_directories(directory_);
}

std::vector<fs::path> Generations::all() const {
  std::vector<fs::path> found;
  for (const fs::path& each : paths_in(directory_))
    if (number_of(each) != 0) found.push_back(each);
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
  remove_all_abandoned(directory_);
  return free_name(directory_ / fmt::format("{}.building.sqlite", name));
}

void Generations::tell(const Failure& refused) const {
  if (on_not_removed_) on_not_removed_(refused.what());
}

// The other name is this process's own, and goes when that is gone.
fs::path Generations::free_name(const fs::path& wanted) const {
  try {
    remove_database(wanted);
    return wanted;
  } catch (const Failure& refused) {
    tell(refused);
    return own_building(wanted);
  }
}

fs::path Generations::adopt(const fs::path& built) const {
  auto whole = all();
  unsigned number = whole.empty() ? 1 : number_of(whole.back()) + 1;
  fs::path generation = directory_ / fmt::format("{}{:06}{}", prefix, number, suffix);
  remove_file(unsynced_note(generation));  // of one of this name that somebody removed
  store::sync_path(built);
  store::rename_file(built, generation);
  store::sync_path(directory_);
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

std::unique_ptr<Database> Generations::replace_live(const fs::path& live, const fs::path& copy) const {
  const auto lock = lock_switch();
  if (!is_current(live)) return nullptr;
  const fs::path generation = adopt(copy);
  auto next = open_to_change(generation);
  bring_into_wal_mode(*next);
  point(link(), generation);
  retire(live);
  return next;
}

std::vector<fs::path> Generations::unlinked() const {
  auto found = all();
  const auto way_back = kept(), live = current_path();  // also where a crash left it without a link
  std::erase_if(found, [&](const fs::path& each) { return each == live || each == way_back; });
  return found;
}

std::vector<WalReader> Generations::remove_unused() const {
  if (unlinked().empty()) return {};
  const auto lock = lock_switch();  // who builds one gives it a name before it is live
  std::vector<WalReader> users;
  for (const fs::path& each : unlinked()) {
    if (const auto user = WalReaders(each).user()) {
      users.push_back(*user);
      continue;
    }
    try {
      remove_database(each);
    } catch (const Failure& refused) {
      if (!on_not_removed_) throw;
      tell(refused);
    }
  }
  return users;
}

void Generations::switch_to(const fs::path& generation) const {
  const auto lock = lock_switch();
  link_to(generation);
}

std::optional<fs::path> Generations::kept() const {
  std::error_code missing;
  const fs::path before = directory_ / fs::read_symlink(previous_link(), missing);
  if (missing || is_current(before) || !fs::exists(before)) return std::nullopt;
  return before;
}

size_t Generations::forget_older_than(int64_t us) const {
  const auto lock = lock_switch();
  size_t forgotten = 0;
  // The link itself is as old as the switch.
  if (kept() && changed_us(previous_link()) < us) {
    remove_file(previous_link());
    ++forgotten;
  }
  std::vector<fs::path> copies;
  for (const fs::path& each : paths_in(directory_))
    if (const std::string name = each.filename(); name.starts_with(prefix) && name.ends_with(copy_suffix))
      copies.push_back(each);
  for (const fs::path& copy : copies) {
    if (changed_us(copy) >= us) continue;
    try {
      remove_file(copy);
      ++forgotten;
    } catch (const Failure& refused) {
      if (!on_not_removed_) throw;
      tell(refused);
    }
  }
  if (forgotten > 0) store::sync_path(directory_);
  return forgotten;
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
  for (const fs::path& other : all())
    if (other != *current) retire(other);
  return *current;
}

// Nothing leads back to it any more, nor after a power cut; false: something may.
bool Generations::give_up(const fs::path& generation) const {
  if (kept() != generation) return true;
  try {
    remove_file(previous_link());
    store::sync_path(directory_);
    return true;
  } catch (const Failure&) {
  } catch (const events::StorageFull&) {
  }
  return false;
}

// A kept generation that cannot be written (damaged, or the disk is full) must not hold up the one that took its place.
// Who has it open is told also where it is unsynced. One of which a sync fails here is no way back: that is noted, or,
// where it cannot be, nothing leads to it any more.
void Generations::retire(const fs::path& generation) const {
  try {
    set_state(*open_to_change(generation), State::retired);
  } catch (const SyncFailed& failed) {
    if (failed.code() != Exit::damaged) return;
    tell(Failure(
        Exit::damaged,
        fmt::format("{}: what was written to it last may be lost, which could not be noted: it is no way back{}",
                    generation.string(), give_up(generation) ? "" : ", so do not go back to it")));
  } catch (const Failure&) {
  } catch (const events::StorageFull&) {
  }
}

void Generations::point(const fs::path& link, const fs::path& generation) const {
  const fs::path fresh = free_name(link.string() + ".new");
  store::make_link(generation.filename(), fresh);
  store::give_to_owner(fresh);
  store::rename_file(fresh, link);
  store::sync_path(directory_);
}

void Generations::link_to(const fs::path& generation) const {
  std::error_code missing;
  const fs::path before = directory_ / fs::read_symlink(link(), missing);
  refuse_unsynced(generation);
  const auto live = open_to_change(generation);
  if (!missing && is_in_wal_mode(before)) bring_into_wal_mode(*live);
  set_state(*live, State::live);
  // First the way back: a crash in between leaves the live one without any, instead of with a wrong one.
  if (!missing && before != directory_ / generation.filename()) point(previous_link(), before);
  point(link(), generation);

  auto old = all();
  std::erase(old, directory_ / generation.filename());
  // The one that was live is the way back, whatever its number.
  std::stable_partition(old.begin(), old.end(), [&](const fs::path& each) { return each != before; });
  for (size_t i = 0; i < old.size(); ++i) {
    if (i + old_generations_kept >= old.size()) {
      retire(old[i]);
      continue;
    }
    try {
      remove_database(old[i]);
    } catch (const Failure& refused) {
      tell(refused);  // remove_unused tries it again
    }
  }
}

}  // namespace catlog::projector
