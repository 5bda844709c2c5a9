// Where the time of a command goes whose client waits for it.
#include <string>

#include <fmt/format.h>

#include "tests/bench/figures.h"
#include "tests/bench/metrics.h"
#include "tests/bench/statistics.h"

namespace catlog::bench {

using events::Position;

void Figures::many_waiting() {
  prepare();
  const auto bodies = workload_.changes(Encoding::capnp, counts_.waited_by_many, counts_.existing);
  const auto before = thread_uses_of(daemon_->pid());
  const auto load = send(many_that_wait, bodies, Encoding::capnp);
  const auto after = thread_uses_of(daemon_->pid());
  const std::string record = records_of(load).front();
  const auto both = echo(many_that_wait, bodies, Encoding::capnp, &record, load.first_position() - 1);
  const std::string prefix = "Cap'n Proto, 32 clients that wait";
  const std::string raw = "ROUTER + LMDB append, same clients";
  table_.add({prefix + ": commands/s", raw, ">= 0.6"}, load.per_second(), both.per_second());
  table_.add({prefix + ": events a commit"}, static_cast<double>(events_per_commit(load)));
  for (const auto& [name, fraction] : {std::pair("p50", 0.5), std::pair("p99", 0.99)})
    table_.add({fmt::format("{}: receipt {}, us", prefix, name), raw}, load.latency_us(fraction),
               both.latency_us(fraction));
  cpu_of(prefix, before, after, bodies.size());
}

// What is between a command and its receipt, and beside it: the parts that a raw program has too, then what each thread
// does for it. A thread that sleeps is woken by another one, and each time that takes the way through the kernel.
void Figures::timeline() {
  prepare();
  const auto bodies = workload_.changes(Encoding::capnp, counts_.waited, counts_.existing);
  const auto before = thread_uses_of(daemon_->pid());
  const auto commits = observed(scratch_ / "http.sock", "catlog_commit_duration_seconds");
  const auto load = send(one_client, bodies, Encoding::capnp);
  const auto committed = observed(scratch_ / "http.sock", "catlog_commit_duration_seconds") - commits;
  auto used = thread_uses_of(daemon_->pid()) - before;
  const auto records = records_of(load);
  const Position others = load.first_position() - 1;
  auto append = append_raw(scratch_ / "raw-log", records, 1, others);
  const auto echoed = echo(one_client, bodies, Encoding::capnp, nullptr);
  const auto both = echo(one_client, bodies, Encoding::capnp, &records.front(), others);

  const auto add = [&](const std::string& what, double value, const std::string& raw = {}, double limit = 0) {
    table_.add({"one command: " + what, raw}, value, raw.empty() ? std::optional<double>() : limit);
  };
  add("from send to receipt p50, us", load.latency_us(0.5), "ROUTER + LMDB append, same client", both.latency_us(0.5));
  add("of it a round trip p50, us", echoed.latency_us(0.5));
  add("of it the commit, mean, us", committed.mean() * 1e6, "LMDB append, same bytes, mean",
      append.seconds / static_cast<double>(records.size()) * 1e6);
  add("raw commit p50, us", percentile(append.commit_us, 0.5));
  const auto count = static_cast<double>(bodies.size());
  for (const auto& [thread, what] : {std::pair("ZMQbg/IO/0", "ZeroMQ's thread"), std::pair("handler", "the handler"),
                                     std::pair("state", "the state loop"), std::pair("projector", "the projector")}) {
    add(fmt::format("{}, us of a processor", what), used[thread].cpu_us / count);
    add(fmt::format("{}, us ready without one", what), used[thread].waited_us / count);
    add(fmt::format("{}, sleeps", what), used[thread].sleeps / count);
  }
}

}  // namespace catlog::bench
