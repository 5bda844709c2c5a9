// The figures that go over the bus.
#include <numeric>

#include <fmt/format.h>

#include "tests/bench/figures.h"
#include "tests/bench/statistics.h"

namespace catlog::bench {

using events::Position;

namespace {

constexpr size_t projector_batch_rows = 4'096;  // as the projector's transactions
constexpr double us_per_second = 1e6;

std::string name_of(Encoding encoding) { return encoding == Encoding::capnp ? "Cap'n Proto" : "JSON"; }

std::string named(const std::string& prefix, const char* what, double fraction, const char* unit) {
  return fmt::format("{}: {} p{:.0f}, {}", prefix, what, fraction * 100, unit);
}

double events_of(const LoadResult& load) {
  return static_cast<double>(load.last_position() - load.first_position() + 1);
}

}  // namespace

void Figures::many(Encoding encoding) {
  prepare();
  auto bodies = workload_.changes(encoding, counts_.loaded, counts_.existing);
  std::optional<Watcher> watcher;
  const auto before = thread_uses_of(daemon_->pid());
  auto load = send_and_see(many_clients, bodies, encoding, watcher);
  const auto after = thread_uses_of(daemon_->pid());
  auto records = records_of(load);
  auto batch = events_per_commit(load);
  auto append = append_raw(scratch_ / "raw-log", records, batch, load.first_position() - 1);
  auto echoed = echo(many_clients, bodies, encoding, nullptr);
  auto both = echo(many_clients, bodies, encoding, &records.front(), load.first_position() - 1);

  auto prefix = name_of(encoding) + ", 32 clients x 64";
  auto rate = prefix + ": commands/s";
  auto floor = encoding == Encoding::capnp ? "60,000" : "40,000";
  table_.add({rate, "LMDB append, same bytes and batch", floor}, load.per_second(),
             static_cast<double>(records.size()) / append.seconds);
  table_.add({rate, "ROUTER echo, same load", floor}, load.per_second(), echoed.per_second());
  table_.add({rate, "ROUTER + LMDB append, same load", floor}, load.per_second(), both.per_second());
  table_.add({prefix + ": events a commit"}, static_cast<double>(batch));
  for (double fraction : {0.5, 0.99})
    table_.add({named(prefix, "receipt", fraction, "us"), "ROUTER + LMDB append, same load"}, load.latency_us(fraction),
               both.latency_us(fraction));
  visible_to_many(prefix, load, *watcher, append);
  cpu_of(prefix, before, after, bodies.size());
}

// Until all of it was projected, too.
void Figures::cpu_of(const std::string& prefix, const ThreadUses& before, const ThreadUses& after, size_t commands) {
  auto used = after - before;
  double all = 0;
  for (const auto& [name, use] : used) all += use.cpu_us;
  const auto add = [&](const std::string& what, double us) {
    table_.add({fmt::format("{}: processor time of {}, us a command", prefix, what)},
               us / static_cast<double>(commands));
  };
  add("catlogd", all);
  for (const auto& [thread, what] : {std::pair("handler", "the handler"), std::pair("ended", "commits beside it"),
                                     std::pair("state", "the state loop"), std::pair("projector", "the projector"),
                                     std::pair("ZMQbg/IO/0", "ZeroMQ's thread")})
    add(what, used[thread].cpu_us);
}

void Figures::visible_to_many(const std::string& prefix, const LoadResult& load, Watcher& watcher, RawAppend& append) {
  auto transaction_us = update_raw(load, projector_batch_rows);
  auto visible_us = watcher.visible_us(load);
  for (double fraction : {0.5, 0.99})
    table_.add({named(prefix, "visible in SQL", fraction, "us"), "one LMDB commit + one SQLite transaction"},
               percentile(visible_us, fraction),
               percentile(append.commit_us, fraction) + percentile(transaction_us, fraction));
  auto lag = watcher.lag_events(load);
  table_.add({prefix + ": projector's lag p50, events"}, percentile(lag, 0.5));
  table_.add({prefix + ": projector's lag max, events"}, percentile(lag, 1));
  auto seconds = std::accumulate(transaction_us.begin(), transaction_us.end(), 0.0) / us_per_second;
  table_.add({prefix + ": projected, events/s", "SQLite updates, same rows and transactions"},
             watcher.projected_per_second(load), events_of(load) / seconds);
}

void Figures::one(Encoding encoding) {
  prepare();
  auto bodies = workload_.changes(encoding, counts_.waited, counts_.existing);
  const auto before = thread_uses_of(daemon_->pid());
  auto load = send(one_client, bodies, encoding);
  const auto after = thread_uses_of(daemon_->pid());
  const auto records = records_of(load);
  const Position others = load.first_position() - 1;
  auto append = append_raw(scratch_ / "raw-log", records, 1, others);
  auto echoed = echo(one_client, bodies, encoding, nullptr);
  auto both = echo(one_client, bodies, encoding, &records.front(), others);

  // The nearest program that does no more than that appends behind as many records and sleeps between two requests, as
  // ours does. Each of the two alone, in a loop, is hot, and says how near the disk itself is.
  auto prefix = name_of(encoding) + ", 1 client";
  const char* raw = "ROUTER + LMDB append, same client, log as deep";
  table_.add({prefix + ": commands/s", raw}, load.per_second(), both.per_second());
  for (double fraction : {0.5, 0.99})
    table_.add({named(prefix, "receipt", fraction, "us"), raw}, load.latency_us(fraction), both.latency_us(fraction));
  table_.add({prefix + ": receipt p50 above ROUTER + LMDB append, log as deep, us", "", "<= 60 us"},
             load.latency_us(0.5) - both.latency_us(0.5));
  table_.add({prefix + ": receipt p50 above a commit and a round trip, each alone in a loop, us"},
             load.latency_us(0.5) - percentile(append.commit_us, 0.5) - echoed.latency_us(0.5));
  cpu_of(prefix, before, after, bodies.size());
  if (encoding == Encoding::capnp) visible_to_one(prefix);
}

void Figures::packs() {
  prepare();
  auto& writer = in_process_writer();
  for (const auto encoding : {Encoding::capnp, Encoding::json}) {
    const auto bodies = workload_.changes(encoding, counts_.loaded, counts_.existing);
    const auto before = thread_uses_of(daemon_->pid());
    const auto load = send(packing_clients, bodies, encoding);
    const auto after = thread_uses_of(daemon_->pid());
    const auto alone = in_process_workload_.changes(Encoding::capnp, counts_.decided, counts_.existing);
    const double seconds = writer.run(alone, interrupt_);
    const auto prefix = "packs of 64, " + name_of(encoding) + ", 8 clients x 4 packs";
    table_.add({prefix + ": commands/s", "in process, 512 a commit, Cap'n Proto: decide + append + state",
                encoding == Encoding::capnp ? ">= 0.5" : ""},
               load.per_second(), static_cast<double>(alone.size()) / seconds);
    for (double fraction : {0.5, 0.99})
      table_.add({named(prefix, "receipt", fraction, "us")}, load.latency_us(fraction));
    cpu_of(prefix, before, after, bodies.size());
  }
}

// In a run of its own: looking at the read model costs the latency something.
void Figures::visible_to_one(const std::string& prefix) {
  auto bodies = workload_.changes(Encoding::capnp, counts_.seen, counts_.existing);
  std::optional<Watcher> watcher;
  auto load = send_and_see(one_client, bodies, Encoding::capnp, watcher);
  auto append = append_raw(scratch_ / "raw-log", records_of(load), 1, load.first_position() - 1);
  auto transaction_us = update_raw(load, 1);
  auto visible_us = watcher->visible_us(load);
  for (double fraction : {0.5, 0.99})
    table_.add({named(prefix, "visible in SQL", fraction, "us"), "one LMDB commit + one SQLite transaction"},
               percentile(visible_us, fraction),
               percentile(append.commit_us, fraction) + percentile(transaction_us, fraction));
}

void Figures::titles() {
  prepare();
  auto bodies = workload_.titles(Encoding::capnp, counts_.titles);
  std::optional<Watcher> watcher;
  auto load = send_and_see(many_clients, bodies, Encoding::capnp, watcher);
  auto records = records_of(load);
  auto append = append_raw(scratch_ / "raw-log", records, events_per_commit(load), load.first_position() - 1);
  auto transaction_us = update_raw(load, projector_batch_rows);

  std::string prefix = "new titles, 32 clients x 64";
  table_.add({prefix + ": commands/s", "LMDB append, same bytes and batch"}, load.per_second(),
             static_cast<double>(bodies.size()) / append.seconds);
  auto seconds = std::accumulate(transaction_us.begin(), transaction_us.end(), 0.0) / us_per_second;
  table_.add({prefix + ": projected, events/s", "SQLite inserts, same rows and transactions"},
             watcher->projected_per_second(load), events_of(load) / seconds);
}

}  // namespace catlog::bench
