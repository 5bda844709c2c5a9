#include "bin/torrent/options.h"

#include "bin/command_line.h"

namespace catlog::torrent {

namespace {

constexpr uint64_t most = uint64_t{1} << 50;

void add_bus(Syntax& syntax, Options& options) {
  syntax.option("--data", options.data, "catlogd's data directory, for its sockets")
      .or_variable("CATLOG_DATA")
      .shows_default();
  syntax
      .option("--commands-endpoint", options.commands_endpoint,
              "where catlogd takes commands (default: run/commands.ipc)")
      .or_variable("CATLOG_COMMANDS_ENDPOINT");
  syntax.option("--changes-endpoint", options.changes_endpoint, "where it publishes changes (default: run/changes.ipc)")
      .or_variable("CATLOG_CHANGES_ENDPOINT");
  syntax.option("--replay-endpoint", options.replay_endpoint, "where it answers replay (default: run/replay.ipc)")
      .or_variable("CATLOG_REPLAY_ENDPOINT");
  syntax
      .option("--key-file", options.key_file,
              "the file of its key, of role producer, for endpoints where catlogd asks for one")
      .or_variable("CATLOG_KEY_FILE");
  syntax
      .option(
          "--reading-key-file", options.reading_key_file,
          "the file of another key, of role subscriber, for changes and replay (default: the same, then an admin's)")
      .or_variable("CATLOG_READING_KEY_FILE");
  syntax.option("--server-key", options.server_key, "catlogd's public key, in place of the one in those files")
      .or_variable("CATLOG_SERVER_KEY");
  syntax
      .option("--http-endpoint", options.http_endpoint,
              "where /metrics and /health are answered: tcp://127.0.0.1:PORT (0: a free one, which the log names); "
              "without it nowhere")
      .or_variable("CATLOG_TORRENT_HTTP_ENDPOINT");
}

void add_strangers(Syntax& syntax, EngineOptions& engine) {
  syntax
      .option("--listen", engine.listen,
              "ADDRESS:PORT where peers are listened for, and from where they are reached: on the loopback interface "
              "nobody outside this machine is. 0.0.0.0:6881 is every address, port 0 a free one")
      .or_variable("CATLOG_TORRENT_LISTEN")
      .shows_default();
  syntax.flag("--dht", engine.is_dht, "find peers by the distributed hash table, which strangers keep");
  syntax.flag("--lsd", engine.is_lsd, "find peers on the local network by multicast");
  syntax.flag("--port-mapping", engine.is_port_mapping, "ask the router for a port (UPnP, NAT-PMP)");
}

void add_limits(Syntax& syntax, Options& options) {
  auto& engine = options.engine;
  syntax.option("--download-rate", engine.download_rate, "bytes a second from all peers; 0: no limit")
      .between(0, most)
      .shows_default();
  syntax.option("--upload-rate", engine.upload_rate, "bytes a second to all peers; 0: no limit")
      .between(0, most)
      .shows_default();
  syntax.option("--connections", engine.connections, "peers at a time").between(2, 10'000).shows_default();
  syntax.option("--upload-slots", engine.upload_slots, "peers that are given to at a time")
      .between(1, 1'000)
      .shows_default();
  syntax.option("--active", options.rules.active, "downloads at a time; the others wait, oldest first")
      .between(1, 1'000)
      .shows_default();
  syntax.option("--max-torrent-bytes", engine.max_torrent_bytes, "a larger torrent fails")
      .between(1, most)
      .shows_default();
  syntax.option("--max-files", engine.max_files, "a torrent of more files fails").between(1, 100'000).shows_default();
}

}  // namespace

std::optional<int> read_options(int argc, char** argv, Options& options) {
  Parser parser("catlog-torrent", "Downloads what startDownload asks for, and reports how far it is.");
  auto syntax = parser.syntax();
  syntax.footer("Example: catlog-torrent --data /var/lib/catlog --downloads /srv/downloads --listen 0.0.0.0:6881");
  syntax.option("--downloads", options.downloads, "where it keeps what it loads, and nothing else")
      .or_variable("CATLOG_DOWNLOADS")
      .shows_default();
  add_bus(syntax, options);
  syntax
      .option("--play-endpoint", options.play_endpoint,
              "where players of this machine read what is loaded (catlog play), tcp://127.0.0.1:PORT; port 0: a free "
              "one; none: nowhere")
      .shows_default();
  add_strangers(syntax, options.engine);
  add_limits(syntax, options);
  syntax
      .option("--seed-percent", options.rules.seed_percent,
              "what is whole is given to others until so much of its size was; 0: not at all")
      .between(0, 100'000)
      .shows_default();
  syntax.option("--seed-hours", options.rules.seed_hours, "and for at most so long")
      .between(0, 100'000)
      .shows_default();
  syntax
      .option("--quota-bytes", options.rules.quota_bytes,
              "with more, what was used longest ago is removed, and what is not in use; 0: as the disk has room")
      .between(0, most)
      .shows_default();
  syntax
      .option("--look-seconds", options.look_seconds,
              "how often sizes and times of what is whole are looked at: what somebody changed is looked through")
      .between(1, 86'400)
      .shows_default();
  syntax.flag("--adopt", options.is_adopting,
              "go on with files that belong to another log, as after a restore; none is deleted, all are checked");
  add_log_options(syntax, options.log);
  syntax.configuration("--config", "a TOML file with these options");
  if (const auto answer = parser.parse(argc, argv)) return static_cast<int>(*answer);
  set_up_log(options.log);
  return {};
}

}  // namespace catlog::torrent
