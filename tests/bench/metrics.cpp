#include "tests/bench/metrics.h"

#include <string_view>

#include <fmt/format.h>

#include "events/error.h"
#include "tests/support/http_peer.h"

namespace catlog::bench {

namespace {

double value_of(std::string_view metrics, std::string_view name) {
  const size_t at = metrics.find(std::string("\n").append(name).append(" "));
  if (at == std::string_view::npos)
    throw events::Failure(events::Exit::failure, fmt::format("catlogd tells no {}", name));
  return std::stod(std::string(metrics.substr(at + name.size() + 2, 30)));
}

}  // namespace

Observed operator-(Observed after, Observed before) { return {after.sum - before.sum, after.count - before.count}; }

Observed observed(const std::filesystem::path& socket, const std::string& histogram) {
  tests::HttpPeer peer("unix:" + socket.string());
  const auto answer = peer.get("/metrics");
  return {value_of(answer.body, histogram + "_sum"), value_of(answer.body, histogram + "_count")};
}

}  // namespace catlog::bench
