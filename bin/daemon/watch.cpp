#include "bin/daemon/watch.h"

#include <fmt/format.h>
#include <pthread.h>

#include <algorithm>
#include <exception>

#include "bin/daemon/loop_metrics.h"
#include "bin/service/daemon_log.h"
#include "bin/service/process_metrics.h"
#include "events/text/datetime.h"

namespace catlog {

namespace {

constexpr uint64_t checks_between_statuses = 10;

}  // namespace

Watch::Watch(const Options& options, const events::DataDirectory& data, const store::Log& log,
             const store::StateStore* states, Running running)
    : options_(options),
      running_(running),
      gathered_(log, states, data),
      pages_(metrics_, pulse_, [this] { return unready(); }) {
  gathered_.gather(projected());
  metrics_.add([log_id = log.id(), started_s = static_cast<double>(events::now_us()) / 1e6](Families& families) {
    show_process(families);
    families.gauge("process_start_time_seconds", "When this process began, in seconds since 1970.", started_s);
    families.gauge("catlog_log_info", "The log's id.", 1, {{"id", log_id}});
  });
  metrics_.add([this](Families& families) { show_positions(families); });
  add_loops();
  metrics_.add([this](Families& families) {
    show_connections(families);
    show(families, pulse_);
    if (server_) show(families, server_->counters());
    families.histogram("catlog_scrape_duration_seconds", "How long these lines took to be made.", pages_.scrapes());
  });
}

Watch::~Watch() { stop_.set(); }  // before the thread is joined

void Watch::add_loops() {
  const auto add = [this](const char* name, const auto* loop) {
    if (!loop) return;
    pulse_.add(name, loop->counters().heartbeat);
    metrics_.add([loop](Families& families) { show(families, *loop); });
  };
  if (const auto* front = running_.handler) {
    pulse_.add("handler", front->numbers->handler.heartbeat);
    metrics_.add([front](Families& families) { show(families, *front); });
  }
  add("state", running_.state);
  add("projector", running_.projector);
  add("replay", running_.replay);
  add("groups", running_.groups);
  if (running_.groups)
    metrics_.add([this](Families& families) { show_lags(families, running_.groups->numbers(), head()); });
}

void Watch::serve(const Rights& rights) {
  if (options_.http_endpoint.empty()) return;
  const auto endpoint = http::parse_endpoint(options_.http_endpoint);
  server_.emplace(endpoint, [this](const http::Request& request) { return pages_.answer(request); });
  if (endpoint.file) rights.set_socket(*endpoint.file);
  daemon_log::info(fmt::format("metrics and health are answered at {}", server_->address()));
  thread_ = std::jthread([this] {
    ::pthread_setname_np(::pthread_self(), "http");
    server_->run(stop_);
  });
}

void Watch::ready() {
  if (const auto waits = manager_.watchdog()) feeding_.emplace(pulse_, *waits);
  phase_ = Phase::running;
  manager_.ready();
  check();
}

void Watch::stopping() {
  phase_ = Phase::stopping;
  manager_.stopping();
}

void Watch::check() {
  gathered_.gather(projected());
  manager_.keep_up();
  if (feeding_ && feeding_->is_due()) manager_.feed();
  if (checks_++ % checks_between_statuses != 0) return;
  const auto lag = lag_events();
  manager_.status(fmt::format("log at position {}{}", head(),
                              !running_.projector ? ""
                              : lag == 0          ? ", the read model up to date"
                                                  : fmt::format(", the read model {} events behind", lag)));
}

// The latest that anybody here knows of: what is gathered is up to a second old.
events::Position Watch::head() const {
  events::Position head = gathered_.head.read();
  if (running_.handler) head = std::max(head, running_.handler->numbers->writer.position.read());
  return std::max(head, projected().value_or(0));
}

std::optional<events::Position> Watch::projected() const {
  if (!running_.projector) return {};
  return running_.projector->counters().position.read();
}

events::Position Watch::lag_events() const {
  const auto position = projected();
  return position ? head() - *position : 0;
}

void Watch::show_positions(Families& families) const {
  const auto gauge = [&](const char* name, const char* help, uint64_t value) {
    families.gauge(name, help, static_cast<double>(value));
  };
  gauge("catlog_log_head_position", "The position of the log's last event.", head());
  if (running_.projector) {
    const auto lag = lag_events();
    gauge("catlog_read_model_lag_events", "Events that the read model does not hold yet.", lag);
    families.gauge("catlog_read_model_lag_seconds", "How long the first of these has been in the log.",
                   lag == 0 ? 0 : static_cast<double>(gathered_.lag_us.read()) / 1e6);
  }
  gauge("catlog_log_size_bytes", "The size of the log's file.", gathered_.log_bytes.read());
  gauge("catlog_state_size_bytes", "The size of the decision state's file.", gathered_.state_bytes.read());
  gauge("catlog_read_model_size_bytes", "The size of the read model's file.", gathered_.read_model_bytes.read());
  gauge("catlog_disk_free_bytes", "The free space of the data directory's file system.", gathered_.free_bytes.read());
  gauge("catlog_log_oldest_reader_commits", "How many commits the log's oldest reader is behind.",
        gathered_.oldest_reader_commits.read());
}

std::vector<std::string> Watch::unready() const {
  std::vector<std::string> because;
  if (phase_ == Phase::starting) because.push_back("catlogd is starting: not all of its loops run yet");
  if (phase_ == Phase::stopping) because.push_back("catlogd is stopping");
  if (running_.projector && running_.projector->counters().stands_still.read() == 1)
    because.push_back("the projector stands still: catlog status says where and why");
  if (const auto lag = lag_events(); lag > options_.ready_lag_events)
    because.push_back(fmt::format("the read model is {} events behind the log, and {} are allowed (--ready-lag-events)",
                                  lag, options_.ready_lag_events));
  return because;
}

}  // namespace catlog
