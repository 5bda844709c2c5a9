#include "bin/daemon/options.h"

#include <filesystem>

#include "bin/command_line.h"
#include "bin/http/listener.h"
#include "events/error.h"
#include "store/membership.h"

namespace catlog {

namespace {

constexpr uint64_t least_wal_limit_bytes = uint64_t{1} << 20;

void add_limits(Syntax& syntax, Options& options) {
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
}

void add_start(Syntax& syntax, Options& options) {
  syntax.flag("--clock-is-right", options.is_clock_right,
              "take this machine's clock as right, however far it is ahead of the log; for one start");
  syntax.flag("--existing", options.is_existing,
              "end when there is no data directory, instead of making one: for where it is below a mount point");
}

void add_endpoints(Syntax& syntax, Options& options) {
  syntax
      .option(
          "--commands-endpoint", options.commands_endpoint,
          "where commands arrive beside run/commands.ipc: ipc:// or tcp://; beyond the loopback interface, and with "
          "--require-keys, from peers with a key of `catlog bus-keys`")
      .or_variable("CATLOG_COMMANDS_ENDPOINT");
  syntax
      .option("--changes-endpoint", options.changes_endpoint,
              "where changes are published beside run/changes.ipc, likewise")
      .or_variable("CATLOG_CHANGES_ENDPOINT");
  syntax
      .option("--replay-endpoint", options.replay_endpoint, "where replay is answered beside run/replay.ipc, likewise")
      .or_variable("CATLOG_REPLAY_ENDPOINT");
  syntax.option("--groups-endpoint", options.groups_endpoint, "where groups are served beside run/groups.ipc, likewise")
      .or_variable("CATLOG_GROUPS_ENDPOINT");
  syntax.flag(
      "--require-keys", options.is_keys_required,
      "ask for a key wherever no file's rights say who may come (tcp on this machine, ipc://@), and let only those "
      "local users send commands whom `catlog bus-keys` lists");
}

void add_rights(Syntax& syntax, Options& options) {
  syntax.option("--group", options.groups.senders,
                "who may send commands and subscribe, too: a group's name or number; members of --audit-group as well");
  syntax.option("--audit-group", options.groups.auditors,
                "who may read all but the keys, and write nothing: a group (default: that of --group)");
  syntax
      .option("--socket-mode", options.groups.socket_mode,
              "rights of the sockets' files, as chmod has them: 600, 660 or 666 (default: by --group)")
      .one_of({"600", "660", "666"});
}

void add_watching(Syntax& syntax, Options& options) {
  syntax
      .option("--http-endpoint", options.http_endpoint,
              "where /metrics, /health and /ready are answered: tcp://127.0.0.1:PORT (0: a free one, which the log "
              "names), tcp://[::1]:PORT, ipc://PATH or unix:PATH (default: nowhere)")
      .or_variable("CATLOG_HTTP_ENDPOINT");
  syntax
      .option("--ready-lag-events", options.ready_lag_events,
              "with the read model further behind the log, /ready answers 503")
      .at_least(0)
      .shows_default();
  add_log_options(syntax, options.log);
}

}  // namespace

std::optional<int> read_options(int argc, char** argv, Options& options) {
  Parser parser("catlogd", "Judges commands, keeps the log, projects it into SQLite and publishes every change.");
  auto syntax = parser.syntax();
  syntax.footer("Example: catlogd --data /var/lib/catlog");
  syntax.option("--data", options.data, "the data directory").or_variable("CATLOG_DATA").shows_default();
  syntax.option("--only", options.only, "run one loop only: handler, state, projector, replay, groups or housekeeping")
      .one_of({"handler", "state", "projector", "replay", "groups", "housekeeping"});
  add_endpoints(syntax, options);
  add_limits(syntax, options);
  add_start(syntax, options);
  add_rights(syntax, options);
  add_watching(syntax, options);
  housekeeping::add_options(syntax, options.housekeeping);
  add_options(syntax, options.cluster);
  syntax.configuration("--config", "a TOML file with these options");
  const auto answer = parser.parse(argc, argv);
  if (!answer) {
    set_up_log(options.log);
    return {};
  }
  return static_cast<int>(*answer);
}

void check(Options& options) {
  if (!options.http_endpoint.empty()) http::parse_endpoint(options.http_endpoint);
  housekeeping::check(options.housekeeping);
  check(options.cluster, options.commands_endpoint);
}

void check_node(const Options& options, const events::DataDirectory& data) {
  if (std::filesystem::exists(data.root) && !std::filesystem::is_directory(data.root))
    throw events::Failure(events::Exit::usage, data.root.string() + " is no folder: name another with --data");
  // --cluster-begin is the order to make the log another cluster's.
  if (options.runs("handler") && !(options.cluster.is_on() && options.cluster.is_begun))
    store::check_membership(data.root, options.cluster.name);
  if (!options.cluster.is_on()) return;
  require_engine();
  if (!options.only.empty())
    throw events::Failure(events::Exit::usage, "a node of a cluster runs all loops in one process: leave out --only");
}

}  // namespace catlog
