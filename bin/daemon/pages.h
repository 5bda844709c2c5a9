#pragma once
#include <functional>
#include <string>
#include <vector>

#include "bin/http/message.h"
#include "bin/service/metrics.h"
#include "bin/service/pulse.h"

namespace catlog {

// What the HTTP endpoint answers: /metrics, and /health and /ready with a JSON object and 200 or 503.
// Threads: one at a time. Lifetime: refers to what it is given.
class Pages {
 public:
  // `unready`: a sentence for each thing because of which nobody should ask this daemon now.
  using Unready = std::function<std::vector<std::string>()>;
  Pages(const Metrics& metrics, const Pulse& pulse, Unready unready);

  http::Response answer(const http::Request& request);
  // How long /metrics took to be made, in seconds.
  const events::Histogram& scrapes() const { return scrapes_; }

 private:
  http::Response metrics();
  http::Response health() const;
  http::Response ready() const;

  const Metrics& metrics_;
  const Pulse& pulse_;
  Unready unready_;
  events::Histogram scrapes_;
};

}  // namespace catlog
