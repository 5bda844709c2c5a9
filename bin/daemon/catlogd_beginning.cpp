#include "bin/daemon/catlogd_beginning.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <stdio.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>

#include "bin/service/daemon_log.h"
#include "bin/service/program.h"
#include "events/error.h"
#include "events/text/shell_word.h"
#include "store/backup/restore.h"
#include "store/files/durable_file.h"
#include "store/log_format.h"

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

// Tells now and then how far a conversion is, and how fast.
class ConversionNote {
 public:
  void tell(events::Position done, events::Position all) {
    if (is_told_to_end()) throw Failure(Exit::failure, "told to end while the log was made over: it is as it was");
    const auto now = Clock::now();
    if (now < next_) return;
    next_ = now + between_notes;
    daemon_log::info(fmt::format("the log is made over: {} % done, {:.0f} events/s copied and read again",
                                 all == 0 ? 100 : 100 * done / all, rate(done / 2)));
  }
  double rate(events::Position events) const {
    return static_cast<double>(events) / std::chrono::duration<double>(Clock::now() - begun_).count();
  }

 private:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::seconds between_notes{5};
  Clock::time_point begun_ = Clock::now(), next_ = begun_ + between_notes;
};

void make_over(const fs::path& log) {
  const auto room = store::room_to_convert(log, store::log_format);
  daemon_log::warn(fmt::format(
      "the log in {} has format {}, an earlier release's, and is made over into format {}, which "
      "takes at most {} of the {} MiB that are free; killed, it is as it was",
      log.string(), store::earlier_log_format, store::log_format, room.needed_bytes >> 20, room.free_bytes >> 20));
  ConversionNote note;
  const auto made = store::convert_log(
      log, store::log_format, [&note](auto done, auto all) { note.tell(done, all); },
      [&log](const std::string& holder) {
        daemon_log::warn(
            fmt::format("{} has the log in {} open: it is copied, and takes its place as soon as nobody "
                        "reads the old one; end that program",
                        holder, log.string()));
      });
  daemon_log::warn(
      fmt::format("the log is made over: {} events, the same root, {:.0f} events/s; {} is the log as it was: "
                  "delete it once `catlog verify` is content (\"Another release\" in ops/RUNBOOK.md)",
                  made.head.size, note.rate(made.head.size), made.kept.string()));
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
    throw Failure(Exit::damaged,
                  fmt::format("{} is a restore that is under way or was cut: run `catlog restore BACKUP "
                              "--data {}` again; or, for a new catalogue, remove it and `touch {}`",
                              cut.string(), events::shell_word(data.string()), events::shell_word(sign)));
  for (const fs::path& made : {directory.state() / "data.mdb", directory.current_read_model()})
    if (fs::exists(made))
      throw Failure(Exit::damaged, fmt::format("{} is missing, but {} was made from one: bring log/ back (is it "
                                               "mounted?), restore a backup, or use an empty data directory",
                                               directory.log().string(), fs::relative(made, data).string()));
  if (!fs::exists(sign))
    throw Failure(Exit::usage, fmt::format("there is no log in {}, and nothing says that there never was one. If there "
                                           "was: is it mounted? is it the right directory? `catlog restore` brings one "
                                           "back. For a new catalogue: `touch {}` and start again",
                                           data.string(), events::shell_word(sign)));
  return true;
}

store::Log open_log(const events::DataDirectory& data, store::Access access) {
  try {
    return store::Log::open(data.log(), access);
  } catch (const store::OtherLogFormat& other) {
    if (other.format() != store::earlier_log_format) throw;
  }
  make_over(data.log());
  return store::Log::open(data.log(), access);
}

void remove_begin_sign(const fs::path& data) {
  std::error_code none;  // one that stays says nothing beside a log
  if (fs::remove(data / store::begin_sign, none)) store::sync_path(data);
}

}  // namespace catlog
