// The daemon: wires the loops together and runs each in a thread of its own.
#include <cerrno>
#include <csignal>
#include <cstring>
#include <exception>
#include <functional>
#include <iostream>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "bin/command_line.h"
#include "bin/daemon/catlogd_beginning.h"
#include "bin/daemon/daemon_log.h"
#include "bin/daemon/rights.h"
#include "bin/last_words.h"
#include "bin/roles.h"
#include "bin/standard_streams.h"
#include "commandhandler/handler.h"
#include "commandhandler/state/state_loop.h"
#include "events/bus/bus.h"
#include "events/bus/connections.h"
#include "events/data_directory.h"
#include "events/error.h"
#include "events/path.h"
#include "projector/feed/replay.h"
#include "projector/projector_loop.h"
#include "store/files/durable_file.h"
#include "store/files/file_lock.h"
#include "store/files/watched_file.h"

namespace {

using catlog::events::Exit;
using catlog::events::Failure;
using catlog::events::Stop;
using catlog::store::Access;
namespace commandhandler = catlog::commandhandler;
namespace daemon_log = catlog::daemon_log;
namespace projector = catlog::projector;
namespace store = catlog::store;

constexpr uint64_t least_wal_limit_bytes = uint64_t{1} << 20;

struct Options {
  std::filesystem::path data = "catlog-data";
  std::string only;
  std::string commands_endpoint;
  catlog::Groups groups;
  uint64_t min_free_bytes = uint64_t{64} << 20;
  uint64_t wal_limit_bytes = projector::default_wal_limit_bytes;
  bool is_clock_right = false;
  bool is_existing = false;
};

// A command socket that strangers can reach needs keys, which this version does not have.
void check_endpoint(const std::string& endpoint) {
  for (const char* allowed : {"ipc://", "tcp://127.0.0.1:", "tcp://localhost:", "tcp://[::1]:"})
    if (endpoint.empty() || endpoint.rfind(allowed, 0) == 0) return;
  throw Failure(Exit::usage, "the endpoint " + endpoint + " must be ipc:// or tcp:// on the loopback interface");
}

store::StateStore open_state(const std::filesystem::path& directory, const std::string& log_id, Access access) {
  if (access == Access::read && !std::filesystem::exists(directory))
    store::StateStore::open(directory, log_id, Access::write);
  try {
    return store::StateStore::open(directory, log_id, access);
  } catch (const Failure& failure) {
    // The state loop mends it, and may only be about to start: not a code that the service manager takes for final.
    if (access == Access::read && failure.code() == Exit::damaged) throw Failure(Exit::failure, failure.what());
    throw;
  }
}

// A producer waits for the handler, nobody for the projections: when cores are short, they lag. Each thread has its
// loop's name, for top and perf.
void prepare_thread(const char* name) {
  ::pthread_setname_np(::pthread_self(), name);
  if (std::string_view(name) == "handler") return;
  if (::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), commandhandler::behind_the_handler) != 0)
    daemon_log::warn(fmt::format("{} cannot be put behind the handler ({}): with few cores receipts take longer", name,
                                 std::strerror(errno)));
}

// The loops of this process, each in its thread. When one ends by an exception, all stop and it is thrown again.
class Loops {
 public:
  explicit Loops(Stop& stop) : stop_(stop) {}
  ~Loops() { stop_.set(); }  // before its threads are joined
  template <class Loop>
  void start(const char* name, Loop& loop) {
    auto& failure = failures_.emplace_back(std::make_unique<std::exception_ptr>());
    threads_.emplace_back([this, name, &loop, &failed = *failure] {
      prepare_thread(name);
      try {
        loop.run(stop_);
        daemon_log::info(std::string(name) + " stopped");
      } catch (...) {
        failed = catlog::events::current_failure();
        stop_.set();
      }
    });
  }
  void join() {
    threads_.clear();
    for (const auto& failure : failures_)
      if (*failure) std::rethrow_exception(*failure);
  }

 private:
  Stop& stop_;
  std::vector<std::unique_ptr<std::exception_ptr>> failures_;
  std::vector<std::jthread> threads_;
};

// The sockets of this process's loops that are files.
std::vector<std::filesystem::path> own_sockets(const catlog::events::DataDirectory& data, const Options& options) {
  std::vector<std::filesystem::path> sockets;
  for (const catlog::Role& role : catlog::all_roles) {
    if (!options.only.empty() && options.only != role.name) continue;
    const bool is_elsewhere = role.name == std::string_view("handler") && !options.commands_endpoint.empty();
    if (!is_elsewhere && *role.socket != '\0') sockets.push_back(data.run() / role.socket);
    if (!is_elsewhere) continue;
    if (const auto file = catlog::file_of_endpoint(options.commands_endpoint)) sockets.push_back(*file);
  }
  return sockets;
}

// What the loops of this process are found by: without it they would run on for nobody, or beside a second daemon.
std::vector<store::WatchedFile> own_files(const catlog::events::DataDirectory& data, const Options& options) {
  std::vector<store::WatchedFile> files;
  for (const catlog::Role& role : catlog::all_roles)
    if (options.only.empty() || options.only == role.name) files.emplace_back(data.lock(role.name));
  for (auto& socket : own_sockets(data, options)) files.emplace_back(std::move(socket));
  return files;
}

void check_in_place(const store::Log& log, const std::vector<store::WatchedFile>& files) {
  log.check_in_place();
  for (const auto& file : files)
    if (const auto what = file.misplaced())
      throw Failure(Exit::failure, *what + " while catlogd used it: nobody finds it there any more; start again");
}

// Says which connections were not served, as far as there are new ones; every tenth time that it is asked to.
class ConnectionWatch {
 public:
  void tell() {
    if (++asked_ % 10 != 0) return;
    const auto now = catlog::events::connection_counts();
    if (now.turned_away != told_.turned_away)
      daemon_log::warn(std::to_string(now.turned_away - told_.turned_away) + " connections were turned away: " +
                       std::to_string(now.open) + " are open, and the last descriptors are kept for files; or what " +
                       "clients sent and left behind waits still: " + std::to_string(now.waiting_bytes >> 20) + " MiB");
    if (now.cut_off != told_.cut_off)
      daemon_log::warn(std::to_string(now.cut_off - told_.cut_off) +
                       " connections were cut off: they sent more than PROTOCOL.md allows, or are not ZeroMQ 4");
    told_ = now;
  }

 private:
  catlog::events::ConnectionCounts told_;
  uint64_t asked_ = 0;
};

// Waits for SIGINT, SIGTERM or for a loop that failed. `check` is called now and then, and may throw.
void wait_for_end(const sigset_t& signals, Stop& stop, const std::function<void()>& check) {
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

// With the other loops beside it a projector that cannot go on stands still: commands are taken, and `catlog status`
// tells where it stands. As a process of its own it ends.
projector::ProjectorOptions projector_options(const Options& options) {
  projector::ProjectorOptions with;
  with.at_standstill = options.only.empty() ? projector::OnStandstill::wait : projector::OnStandstill::end;
  if (options.only.empty())
    with.on_standstill = [](const auto& standstill) { daemon_log::error(projector::to_text(standstill)); };
  with.on_waiting = [](const std::string& words) { daemon_log::warn("the projector waits: " + words); };
  with.on_passed = [](auto position) {
    daemon_log::info("the projector goes on" + (position == 0 ? "" : " after position " + std::to_string(position)));
  };
  with.wal.limit_bytes = options.wal_limit_bytes;
  with.wal.on_readers_in_the_way = [](const std::string& words) { daemon_log::warn(words); };
  with.wal.on_readers_gone = [](const std::string& words) { daemon_log::info(words); };
  return with;
}

commandhandler::HandlerOptions handler_options(const catlog::events::DataDirectory& data, const Options& options) {
  commandhandler::HandlerOptions with{data, options.commands_endpoint, options.min_free_bytes};
  with.on_disk_space = [](commandhandler::DiskSpace space) {
    if (space == commandhandler::DiskSpace::enough)
      daemon_log::info("there is space on the disk again: commands are taken");
    else
      daemon_log::warn("there is no space left on the disk: commands are refused with storageFull until there is");
  };
  if (options.is_clock_right) with.clock = commandhandler::ClockAtStart::is_right;
  with.on_clock = [](const std::string& fault) {
    if (fault.empty())
      daemon_log::info("the clock of this machine and the log agree again");
    else
      daemon_log::warn(fault);
  };
  return with;
}

void run(const Options& options) {
  check_endpoint(options.commands_endpoint);
  const catlog::Rights rights(options.groups);
  catlog::events::raise_descriptor_limit();
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);

  const catlog::events::DataDirectory data(catlog::events::without_dots(std::filesystem::absolute(options.data)));
  catlog::prepare_data_directory(data.root, options.is_existing ? catlog::IfMissing::refuse : catlog::IfMissing::make);
  store::make_directories(data.run());
  auto runs = [&](const char* name) { return options.only.empty() || options.only == name; };
  Stop stop;
  zmq::context_t context;
  // Roles that are processes start in any order, on an empty directory too: who comes first makes what all of them
  // open.
  std::optional<store::FileLock> opening(std::in_place, data.lock("opening"), "a start", store::FileLock::IfHeld::wait);
  const bool is_new = catlog::must_begin_log(data);
  rights.set_folders(data);
  if (is_new) store::Log::open(data.log(), Access::write);
  auto log = store::Log::open(data.log(), runs("handler") ? Access::write : Access::read);
  catlog::remove_begin_sign(data.root);
  if (is_new) daemon_log::warn("there was no log in " + data.root.string() + ": a new one is begun");
  std::optional<store::StateStore> states;
  if (runs("handler") || runs("state"))
    states.emplace(open_state(data.state(), log.id(), runs("state") ? Access::write : Access::read));
  opening.reset();
  if (states && !states->emptied_because().empty())
    daemon_log::warn("the decision state could not be used and is built again from the log: " +
                     states->emptied_because());

  // The bells' listeners connect to sockets that may be bound later: the order does not matter.
  std::optional<commandhandler::StateLoop> state_loop;
  std::optional<commandhandler::Handler> handler;
  std::optional<projector::ProjectorLoop> projector_loop;
  std::optional<projector::ReplayLoop> replay_loop;
  if (runs("state")) state_loop.emplace(log, *states, context, data);
  if (runs("state") && runs("handler")) state_loop->catch_up();
  if (runs("projector")) projector_loop.emplace(log, data, context, projector_options(options));
  if (runs("replay")) replay_loop.emplace(log, data, context);
  if (runs("handler")) {
    handler.emplace(log, *states, context, handler_options(data, options));
  }
  for (const auto& socket : own_sockets(data, options)) rights.set_socket(socket);
  daemon_log::info(fmt::format("log {} at position {}, data in {}", log.id(), log.head(), data.root.string()));

  Loops loops(stop);
  if (state_loop) loops.start("state", *state_loop);
  if (handler) loops.start("handler", *handler);
  // Meanwhile commands are answered: opening the read model may have to bring in a large WAL.
  if (projector_loop) projector_loop->prepare();
  if (projector_loop) loops.start("projector", *projector_loop);
  if (replay_loop) loops.start("replay", *replay_loop);
  const auto files = own_files(data, options);  // from here on nobody may take one away unnoticed
  std::cout << "catlogd ready" << std::endl;
  ConnectionWatch connections;
  wait_for_end(signals, stop, [&] {
    check_in_place(log, files);
    connections.tell();
  });
  loops.join();
}

int fail(Exit code, const char* what) {
  daemon_log::error(what);
  return static_cast<int>(code);
}

}  // namespace

int main(int argc, char** argv) {
  catlog::open_standard_streams();
  catlog::close_to_others();
  catlog::tell_last_words("catlogd");
  daemon_log::begin();
  Options options;
  catlog::Parser parser("catlogd",
                        "Judges commands, keeps the log, projects it into SQLite and publishes every change.");
  auto syntax = parser.syntax();
  syntax.footer("Example: catlogd --data /var/lib/catlog");
  syntax.option("--data", options.data, "the data directory").or_variable("CATLOG_DATA").shows_default();
  syntax.option("--only", options.only, "run one loop only: handler, state, projector or replay")
      .one_of({"handler", "state", "projector", "replay"});
  syntax
      .option("--commands-endpoint", options.commands_endpoint,
              "where commands arrive: ipc:// or tcp:// on loopback (default: run/commands.ipc)")
      .or_variable("CATLOG_COMMANDS_ENDPOINT");
  syntax.option("--min-free-bytes", options.min_free_bytes, "with less free space, commands are refused")
      .or_variable("CATLOG_MIN_FREE_BYTES")
      .at_least(0)
      .shows_default();
  syntax
      .option("--wal-limit-bytes", options.wal_limit_bytes,
              "how large the read model's WAL may become behind readers whose transactions do not end")
      .or_variable("CATLOG_WAL_LIMIT_BYTES")
      .at_least(least_wal_limit_bytes)
      .shows_default();
  syntax.flag("--clock-is-right", options.is_clock_right,
              "take this machine's clock as right, however far it is ahead of the log; for one start");
  syntax.flag("--existing", options.is_existing,
              "end when there is no data directory, instead of making one: for where it is below a mount point");
  syntax.option("--group", options.groups.senders,
                "who may send commands and subscribe, too: a group's name or number; members of --audit-group as well");
  syntax.option("--audit-group", options.groups.auditors,
                "who may read all but the keys, and write nothing: a group (default: that of --group)");
  syntax.configuration("--config", "a TOML file with these options");
  if (const auto answer = parser.parse(argc, argv)) return static_cast<int>(*answer);
  try {
    run(options);
  } catch (const Failure& failure) {
    return fail(failure.code(), failure.what());
  } catch (const kj::Exception& exception) {
    return fail(Exit::damaged, exception.getDescription().cStr());
  } catch (const std::exception& exception) {
    return fail(Exit::failure, exception.what());
  }
  return 0;
}
