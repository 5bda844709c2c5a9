#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "events/counters.h"

namespace catlog {

// What a scrape collects, in Prometheus's text format. Names are as prometheus.io has them: catlog_..._total for what
// only grows, _seconds, _bytes, _info. A label has few values, which no peer chooses. Only the source sees
// prometheus-cpp. Threads: one at a time.
class Families {
 public:
  using Labels = std::vector<std::pair<std::string, std::string>>;

  Families();
  Families(const Families&) = delete;
  ~Families();

  // Values of one name follow each other, with labels that differ.
  void counter(const std::string& name, const std::string& help, uint64_t value, const Labels& labels = {});
  void seconds_counter(const std::string& name, const std::string& help, double value);
  void gauge(const std::string& name, const std::string& help, double value, const Labels& labels = {});
  void histogram(const std::string& name, const std::string& help, const events::Histogram& histogram);

  std::string text() const;

 private:
  struct Collected;
  std::unique_ptr<Collected> collected_;
};

// All that this process shows. Threads: one adds, before any other asks. Lifetime: what was added refers to the loops.
class Metrics {
 public:
  using Show = std::function<void(Families&)>;
  // `show` is called in the thread that is asked, at any time: it reads counters and waits for nobody.
  void add(Show show) { shows_.push_back(std::move(show)); }
  std::string text() const;
  static constexpr const char* type = "text/plain; version=0.0.4; charset=utf-8";

 private:
  std::vector<Show> shows_;
};

}  // namespace catlog
