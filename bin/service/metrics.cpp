#include "bin/service/metrics.h"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

namespace catlog {

struct Families::Collected {
  std::vector<prometheus::MetricFamily> families;

  prometheus::ClientMetric& next(const std::string& name, const std::string& help, prometheus::MetricType type,
                                 const Labels& labels = {}) {
    if (families.empty() || families.back().name != name) families.push_back({name, help, type, {}});
    auto& metric = families.back().metric.emplace_back();
    for (const auto& [label, value] : labels) metric.label.push_back({label, value});
    return metric;
  }
};

Families::Families() : collected_(std::make_unique<Collected>()) {}
Families::~Families() = default;

void Families::counter(const std::string& name, const std::string& help, uint64_t value, const Labels& labels) {
  collected_->next(name, help, prometheus::MetricType::Counter, labels).counter.value = static_cast<double>(value);
}

void Families::seconds_counter(const std::string& name, const std::string& help, double value) {
  collected_->next(name, help, prometheus::MetricType::Counter).counter.value = value;
}

void Families::gauge(const std::string& name, const std::string& help, double value, const Labels& labels) {
  collected_->next(name, help, prometheus::MetricType::Gauge, labels).gauge.value = value;
}

void Families::histogram(const std::string& name, const std::string& help, const events::Histogram& histogram) {
  auto& metric = collected_->next(name, help, prometheus::MetricType::Histogram).histogram;
  const auto reading = histogram.read();
  metric.sample_count = reading.count;
  metric.sample_sum = reading.sum;
  for (size_t at = 0; at < reading.at_most.size(); ++at) {
    auto& bucket = metric.bucket.emplace_back();
    bucket.cumulative_count = reading.at_most[at];
    bucket.upper_bound = histogram.bounds()[at];
  }
}

std::string Families::text() const { return prometheus::TextSerializer().Serialize(collected_->families); }

std::string Metrics::text() const {
  Families families;
  for (const auto& show : shows_) show(families);
  return families.text();
}

}  // namespace catlog
