#include "bin/daemon/catlogd_beginning.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <stdio.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "events/error.h"
#include "store/backup/restore.h"
#include "store/files/durable_file.h"

namespace catlog {

namespace fs = std::filesystem;
using events::Exit;
using events::Failure;

namespace {

// By another name first: a second process that starts at the same time finds a directory with its sign, or none.
void make_with_sign(const fs::path& data) {
  if (data.filename() == "..")
    throw Failure(Exit::usage,
                  fmt::format("there is no directory {}: give its name without .. at its end", data.string()));
  const fs::path aside = fmt::format("{}.new-{}", data.string(), ::getpid());
  fs::remove_all(aside);
  store::make_directories(aside);
  store::write_durably(aside / store::begin_sign, "");
  int failed = ::renameat2(AT_FDCWD, aside.c_str(), AT_FDCWD, data.c_str(), RENAME_NOREPLACE) == 0 ? 0 : errno;
  // Where the file system cannot tell: a directory with something in it is not replaced by rename either.
  if (failed == EINVAL) failed = ::rename(aside.c_str(), data.c_str()) == 0 ? 0 : errno;
  if (failed == 0) return store::sync_path(data.parent_path());
  fs::remove_all(aside);
  if (failed != EEXIST && failed != ENOTEMPTY)
    throw Failure(Exit::failure, fmt::format("cannot make {}: {}", data.string(), std::strerror(failed)));
}

}  // namespace

void prepare_data_directory(const fs::path& data, IfMissing if_missing) {
  if (fs::exists(data)) return;
  if (fs::is_symlink(data))
    throw Failure(Exit::usage,
                  fmt::format("{} is a link that leads nowhere: is that file system mounted?", data.string()));
  if (if_missing == IfMissing::refuse)
    throw Failure(Exit::usage, fmt::format("there is no directory {}, and --existing says that there must be: is it "
                                           "mounted? For a new catalogue make it, with an empty file {} in it",
                                           data.string(), store::begin_sign));
  make_with_sign(data);
}

bool must_begin_log(const events::DataDirectory& directory) {
  const fs::path& data = directory.root;
  if (fs::exists(directory.log() / "data.mdb")) return false;
  const std::string sign = (data / store::begin_sign).string();
  if (const auto cut = data / store::log_being_restored; fs::exists(cut))
    throw Failure(Exit::damaged, fmt::format("{} is a restore that is under way or was cut: run `catlog restore` "
                                             "again; or, for a new catalogue, remove it and `touch {}`",
                                             cut.string(), sign));
  for (const fs::path& made : {directory.state() / "data.mdb", directory.current_read_model()})
    if (fs::exists(made))
      throw Failure(Exit::damaged, fmt::format("{} is missing, but {} was made from one: bring log/ back (is it "
                                               "mounted?), restore a backup, or use an empty data directory",
                                               directory.log().string(), fs::relative(made, data).string()));
  if (!fs::exists(sign))
    throw Failure(Exit::usage, fmt::format("there is no log in {}, and nothing says that there never was one. If there "
                                           "was: is it mounted? is it the right directory? `catlog restore` brings one "
                                           "back. For a new catalogue: `touch {}` and start again",
                                           data.string(), sign));
  return true;
}

void remove_begin_sign(const fs::path& data) {
  std::error_code none;  // one that stays says nothing beside a log
  if (fs::remove(data / store::begin_sign, none)) store::sync_path(data);
}

}  // namespace catlog
