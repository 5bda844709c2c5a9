#include "bin/daemon/watching.h"

#include <malloc.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <string>
#include <utility>

#include "bin/roles.h"
#include "bin/service/daemon_log.h"
#include "events/error.h"

namespace catlog {

namespace fs = std::filesystem;

std::vector<fs::path> own_sockets(const events::DataDirectory& data, const Options& options) {
  std::vector<fs::path> sockets;
  for (const Role& role : all_roles) {
    if (!options.runs(role.name)) continue;
    if (*role.socket != '\0') sockets.push_back(data.run() / role.socket);
    const auto& further = role.name == std::string_view("handler")     ? options.commands_endpoint
                          : role.name == std::string_view("projector") ? options.changes_endpoint
                          : role.name == std::string_view("replay")    ? options.replay_endpoint
                          : role.name == std::string_view("groups")    ? options.groups_endpoint
                                                                       : std::string();
    if (const auto file = file_of_endpoint(further)) sockets.push_back(*file);
  }
  return sockets;
}

FilesInPlace::FilesInPlace(const store::Log& log, const events::DataDirectory& data, const Options& options)
    : log_(log) {
  for (const Role& role : all_roles)
    if (options.runs(role.name)) files_.emplace_back(data.lock(role.name));
  for (auto& socket : own_sockets(data, options)) files_.emplace_back(std::move(socket));
}

void FilesInPlace::check() const {
  log_.check_in_place();
  for (const auto& file : files_)
    if (const auto what = file.misplaced())
      throw events::Failure(events::Exit::failure,
                            *what + " while catlogd used it: nobody finds it there any more; start again");
}

namespace {

// What of this process is in memory and no file's: proc(5), statm.
size_t anonymous_bytes() {
  size_t size = 0, resident = 0, of_files = 0;
  std::ifstream("/proc/self/statm") >> size >> resident >> of_files;
  return (resident - std::min(resident, of_files)) * static_cast<size_t>(::sysconf(_SC_PAGESIZE));
}

// What of it nobody has of the C library, but for pages that were given back. What is in use and was never touched
// counts as none.
size_t free_bytes() {
  const auto heap = ::mallinfo2();
  const size_t present = anonymous_bytes();
  return present - std::min(present, heap.uordblks + heap.hblkhd);
}

}  // namespace

void FreeMemory::give_back() {
  constexpr size_t worth_it = size_t{8} << 20;
  if (++asked_ % 3 != 0) return;
  const size_t free = free_bytes();
  kept_ = std::min(kept_, free);
  if (free < kept_ + worth_it) return;
  ::malloc_trim(0);
  kept_ = free_bytes();
}

void ConnectionWatch::tell() {
  if (++asked_ % 10 != 0) return;
  const auto now = events::connection_counts();
  if (now.turned_away != told_.turned_away)
    daemon_log::warn(std::to_string(now.turned_away - told_.turned_away) + " connections were turned away: " +
                     std::to_string(now.open) + " are open, and the last descriptors are kept for files; or what " +
                     "clients sent and left behind waits still: " + std::to_string(now.waiting_bytes >> 20) + " MiB");
  if (now.cut_off != told_.cut_off)
    daemon_log::warn(std::to_string(now.cut_off - told_.cut_off) +
                     " connections were cut off: they sent more than PROTOCOL.md allows, or are not ZeroMQ 4");
  told_ = now;
}

sigset_t block_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  return signals;
}

void wait_for_end(const sigset_t& signals, events::Stop& stop, const std::function<void()>& check) {
  constexpr int check_interval_ms = 1'000;
  int fd = ::signalfd(-1, &signals, SFD_CLOEXEC);
  pollfd events[] = {{fd, POLLIN, 0}, {stop.fd(), POLLIN, 0}};
  for (int ready = 0; ready == 0 || (ready < 0 && errno == EINTR);) {
    ready = ::poll(events, 2, check_interval_ms);
    if (ready == 0) check();
  }
  stop.set();
  ::close(fd);
}

}  // namespace catlog
