#include "bin/daemon/pages.h"

#include <fmt/format.h>

#include <chrono>

#include "events/text/json_text.h"

namespace catlog {

Pages::Pages(const Metrics& metrics, const Pulse& pulse, Unready unready)
    : metrics_(metrics), pulse_(pulse), unready_(std::move(unready)), scrapes_(events::duration_bounds) {}

http::Response Pages::answer(const http::Request& request) {
  if (request.path == "/metrics") return metrics();
  if (request.path == "/health") return health();
  if (request.path == "/ready") return ready();
  return {.status = request.path == "/" ? 200u : 404u, .body = "catlogd answers /metrics, /health and /ready\n"};
}

http::Response Pages::metrics() {
  const auto begun = std::chrono::steady_clock::now();
  http::Response response{.type = Metrics::type, .body = metrics_.text()};
  scrapes_.observe(events::seconds_since(begun));
  return response;
}

http::Response Pages::health() const {
  const Health health = health_of(pulse_);
  return {.status = health.goes_round ? 200u : 503u, .type = "application/json", .body = health.json};
}

http::Response Pages::ready() const {
  const auto because = unready_();
  std::string reasons;
  for (const auto& sentence : because) {
    if (!reasons.empty()) reasons += ',';
    events::write_json_text(sentence, reasons);
  }
  return {.status = because.empty() ? 200u : 503u,
          .type = "application/json",
          .body = fmt::format("{{\"ready\":{},\"because\":[{}]}}\n", because.empty(), reasons)};
}

}  // namespace catlog
