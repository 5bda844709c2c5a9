#include "bin/keys/bus_keys.h"

#include <sys/stat.h>

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "bin/keys/key_file.h"
#include "events/error.h"
#include "store/files/accounts.h"
#include "store/files/durable_file.h"
#include "store/files/file_lock.h"
#include "store/files/own_file.h"

namespace catlog::keys {

namespace fs = std::filesystem;
using events::AllowList;
using events::Exit;
using events::Failure;

namespace {

constexpr const char* server_file = "server.key";

std::vector<fs::path> files_in(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code error;
  for (fs::directory_iterator each(folder, error), end; !error && each != end; each.increment(error))
    if (each->path().extension() != store::DurableFile::suffix) files.push_back(each->path());
  if (error && error != std::errc::no_such_file_or_directory)
    throw Failure(Exit::failure, fmt::format("cannot read {}: {}", folder.string(), error.message()));
  std::ranges::sort(files);
  return files;
}

// Nothing that is wrong with one is another's: the first of two that have the same key or user has it.
class Reader {
 public:
  explicit Reader(Allowed& into) : allowed_(into) {}
  void read(const fs::path& file) {
    const auto text = store::read_own_file(file, AllowList::max_entry_bytes + 1);
    if (!text) return fault(file, text.error().sentence);
    auto entry = AllowList::parse(file.filename().string(), *text);
    if (!entry) return fault(file, entry.error());
    for (auto& user : entry->users) {
      const auto number = store::user_named(user);
      if (!number) return fault(file, "this machine knows no user of that name");
      user = std::to_string(*number);
    }
    for (const auto* proofs : {&entry->public_keys, &entry->users})
      for (const auto& proof : *proofs)
        if (!seen_.insert(proof).second) return fault(file, "another name has the same key or user");
    allowed_.entries.push_back(std::move(*entry));
  }

 private:
  void fault(const fs::path& file, const std::string& what) {
    allowed_.faults.push_back(fmt::format("{} allows nobody: {}", file.string(), what));
  }
  Allowed& allowed_;
  std::set<std::string> seen_;
};

void make_folders(const events::DataDirectory& data) {
  store::make_directories(data.bus_keys(), store::private_directory);
  store::make_directories(allowed_folder(data), store::private_directory);
}

}  // namespace

fs::path allowed_folder(const events::DataDirectory& data) { return data.bus_keys() / "allowed"; }

bool has_server_keys(const events::DataDirectory& data) { return fs::exists(data.bus_keys() / server_file); }

events::KeyPair server_keys(const events::DataDirectory& data) {
  const fs::path file = data.bus_keys() / server_file;
  if (fs::exists(file)) return read_key_file(file).own;
  store::make_directories(data.run());
  const store::FileLock making(data.lock("bus-keys"), "making the daemon's key", store::FileLock::IfHeld::wait);
  if (fs::exists(file)) return read_key_file(file).own;
  make_folders(data);
  const KeyFile made{"server", events::new_key_pair(), {}};
  write_key_file(file, made);
  return made.own;
}

Allowed read_allowed(const events::DataDirectory& data) {
  Allowed allowed;
  Reader reader(allowed);
  for (const fs::path& file : files_in(allowed_folder(data))) reader.read(file);
  return allowed;
}

void write_allowed(const events::DataDirectory& data, const AllowList::Entry& entry) {
  make_folders(data);
  std::string text = fmt::format("role {}\n", events::name_of(entry.role));
  for (const auto& key : entry.public_keys) text += fmt::format("public-key {}\n", key);
  for (const auto& user : entry.users) text += fmt::format("user {}\n", user);
  if (text.size() > AllowList::max_entry_bytes)
    throw Failure(Exit::refused, fmt::format("{} has {} keys, and no more have room: take the older ones away first "
                                             "(`catlog bus-keys revoke {} --older`)",
                                             entry.name, entry.public_keys.size() - 1, entry.name));
  store::write_durably(allowed_folder(data) / entry.name, text);
}

bool remove_allowed(const events::DataDirectory& data, const std::string& name) {
  if (!AllowList::is_name(name) || !fs::remove(allowed_folder(data) / name)) return false;
  store::sync_path(allowed_folder(data));
  return true;
}

bool AllowedWatch::has_changed() {
  std::string now;
  for (const fs::path& file : files_in(folder_)) {
    struct stat found {};
    if (::lstat(file.c_str(), &found) != 0) continue;
    now += fmt::format("{} {} {} {}.{} {}.{}\n", file.filename().string(), found.st_ino, found.st_size,
                       found.st_mtim.tv_sec, found.st_mtim.tv_nsec, found.st_ctim.tv_sec, found.st_ctim.tv_nsec);
  }
  if (now == seen_) return false;
  seen_ = std::move(now);
  return true;
}

}  // namespace catlog::keys
