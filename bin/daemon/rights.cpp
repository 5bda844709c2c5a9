#include "bin/daemon/rights.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "events/error.h"
#include "store/files/accounts.h"
#include "store/files/durable_file.h"

namespace catlog {

namespace fs = std::filesystem;
using events::Exit;
using events::Failure;

namespace {

constexpr const char* lmdb_lock = "lock.mdb";
constexpr mode_t shared_lock = 0660, shared_socket = 0660;

std::optional<gid_t> group_named(const char* option, const std::string& name) {
  if (name.empty()) return {};
  if (const auto number = store::group_named(name)) return number;
  throw Failure(Exit::usage,
                fmt::format("{}: this machine knows no group {}: make it (addgroup --system {}), or give another",
                            option, name, name));
}

[[noreturn]] void fail(const fs::path& path, gid_t group) {
  const int error = errno;
  throw Failure(Exit::failure,
                fmt::format("cannot give {} to group {}: {}. The user that catlogd runs as ({}) must own it and be a "
                            "member of that group, since its last login; under systemd the unit must allow @chown",
                            path.string(), group, std::strerror(error), ::geteuid()));
}

// A link, or another name of somebody's file, stays what it is.
void set(const fs::path& path, gid_t group, mode_t mode) {
  struct stat found {};
  if (::lstat(path.c_str(), &found) != 0 || S_ISLNK(found.st_mode)) return;
  if (S_ISREG(found.st_mode) && found.st_nlink > 1) return;
  if (found.st_gid != group && ::lchown(path.c_str(), found.st_uid, group) != 0) fail(path, group);
  if ((found.st_mode & 07777) != mode && ::chmod(path.c_str(), mode) != 0) fail(path, group);
}

// Whoever owns a folder may put anything into it while root sets its rights.
void require_own(const fs::path& folder) {
  struct stat found {};
  if (::geteuid() != 0 || ::stat(folder.c_str(), &found) != 0 || found.st_uid == 0) return;
  throw Failure(Exit::usage, fmt::format("{} is another user's: with --group or --audit-group run catlogd as that user",
                                         folder.string()));
}

}  // namespace

Rights::Rights(const Groups& groups)
    : senders_(group_named("--group", groups.senders)), readers_(group_named("--audit-group", groups.auditors)) {
  if (!readers_) readers_ = senders_;
  constexpr int octal = 8;
  if (!groups.socket_mode.empty()) socket_mode_ = static_cast<mode_t>(std::stoul(groups.socket_mode, nullptr, octal));
}

void Rights::set_folders(const events::DataDirectory& data) const {
  if (!readers_) return;
  require_own(data.root);
  ::umask(S_IRWXO);  // for folders that are still to come
  set(data.root, *readers_, store::shared_directory);
  set_file(data.quarantine());
  for (const fs::path& folder :
       {data.log(), data.state(), data.read_model(), data.as_of(), data.run(), data.groups()}) {
    set(folder, *readers_, store::shared_directory);
    set_files(folder);
  }
  for (const fs::path& secret : {data.keys(), data.bus_keys()})
    if (fs::exists(secret)) fs::permissions(secret, fs::perms::owner_all);
}

void Rights::set_files(const fs::path& folder) const {
  std::error_code gone;
  for (const auto& entry : fs::directory_iterator(folder, gone))
    if (entry.symlink_status(gone).type() == fs::file_type::regular) set_file(entry.path());
}

// Locks stay the owner's: whoever may read one may hold it.
void Rights::set_file(const fs::path& file) const {
  if (file.extension() == ".lock") return;
  set(file, *readers_, file.filename() == lmdb_lock ? shared_lock : store::shared_file);
}

void Rights::set_socket(const fs::path& socket) const {
  if (!readers_ && !socket_mode_) return;
  const auto group = senders_ ? senders_ : readers_;
  const mode_t by_group = senders_ ? shared_socket : store::private_file;
  if (group)
    set(socket, *group, socket_mode_.value_or(by_group));
  else
    fs::permissions(socket, static_cast<fs::perms>(*socket_mode_));
}

}  // namespace catlog
