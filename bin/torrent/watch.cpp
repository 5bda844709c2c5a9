#include "bin/torrent/watch.h"

#include <pthread.h>

#include <fmt/format.h>

#include "bin/service/daemon_log.h"
#include "bin/service/process_metrics.h"
#include "events/text/datetime.h"

namespace catlog::torrent {

namespace {

constexpr const char* phase_words[phases] = {"metadata", "checking", "loading", "whole",
                                             "failed"};  // as Phase has them

void show_transfers(Families& families, const Counters& counters) {
  for (size_t phase = 0; phase < phases; ++phase)
    families.gauge("catlog_torrent_transfers", "Transfers at work, by what they are at.",
                   static_cast<double>(counters.transfers[phase].read()), {{"phase", phase_words[phase]}});
  families.gauge("catlog_torrent_waiting_downloads", "Downloads that wait for their turn.",
                 static_cast<double>(counters.waiting_downloads.read()));
  families.counter("catlog_torrent_received_bytes_total", "Bytes of files that peers gave.",
                   counters.received_bytes.read());
  families.counter("catlog_torrent_sent_bytes_total", "Bytes of files that peers were given.",
                   counters.sent_bytes.read());
  for (size_t kind = 0; kind < fault_kinds; ++kind)
    families.counter("catlog_torrent_failures_total", "Downloads that failed, by the reason.",
                     counters.failures[kind].read(), {{"reason", std::string(word_of(static_cast<FaultKind>(kind)))}});
  families.gauge("catlog_torrent_disk_free_bytes", "The free space of the file system that has the files.",
                 static_cast<double>(counters.free_bytes.read()));
}

void show_bus(Families& families, const Counters& counters) {
  families.gauge("catlog_torrent_log_position", "The position of the last event that it heard.",
                 static_cast<double>(counters.position.read()));
  const char* commands = "Commands that were answered, by what became of them.";
  families.counter("catlog_torrent_commands_total", commands, counters.taken_commands.read(), {{"outcome", "taken"}});
  families.counter("catlog_torrent_commands_total", commands, counters.refused_commands.read(),
                   {{"outcome", "refused"}});
  families.gauge("catlog_torrent_waiting_commands", "Commands that are not answered yet.",
                 static_cast<double>(counters.waiting_commands.read()));
}

void show_swarms(Families& families, const Counters& counters) {
  families.gauge("catlog_torrent_sources", "Sources whose swarms are looked at.",
                 static_cast<double>(counters.sources.read()));
  const char* looks = "Looks at a source's swarm, by whether a tracker told of it.";
  families.counter("catlog_torrent_looks_at_swarms_total", looks, counters.swarms.answered.read(),
                   {{"outcome", "answered"}});
  families.counter("catlog_torrent_looks_at_swarms_total", looks, counters.swarms.unanswered.read(),
                   {{"outcome", "unanswered"}});
  families.counter("catlog_torrent_tracker_failures_total", "Conversations with trackers that failed.",
                   counters.swarms.failed_talks.read());
}

}  // namespace

Watch::Watch(const std::string& endpoint, const Counters& counters) {
  if (endpoint.empty()) return;
  pulse_.add("bridge", counters.heartbeat);
  metrics_.add([started_s = static_cast<double>(events::now_us()) / 1e6](Families& families) {
    show_process(families);
    families.gauge("process_start_time_seconds", "When this process began, in seconds since 1970.", started_s);
  });
  metrics_.add([&counters](Families& families) {
    show_transfers(families, counters);
    show_bus(families, counters);
    show_swarms(families, counters);
  });
  server_.emplace(http::parse_endpoint(endpoint), [this](const http::Request& request) { return answer(request); });
  daemon_log::info(fmt::format("metrics and health are answered at {}", server_->address()));
  thread_ = std::jthread([this] {
    ::pthread_setname_np(::pthread_self(), "http");
    server_->run(stop_);
  });
}

Watch::~Watch() { stop_.set(); }  // before the thread is joined

http::Response Watch::answer(const http::Request& request) const {
  if (request.path == "/metrics") return {.type = Metrics::type, .body = metrics_.text()};
  if (request.path == "/health") {
    const Health health = health_of(pulse_);
    return {.status = health.goes_round ? 200u : 503u, .type = "application/json", .body = health.json};
  }
  return {.status = request.path == "/" ? 200u : 404u, .body = "catlog-torrent answers /metrics and /health\n"};
}

}  // namespace catlog::torrent
