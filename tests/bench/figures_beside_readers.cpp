// The projector at full load beside readers in other processes.
#include <fmt/format.h>

#include "events/bus/bus.h"
#include "projector/model/generations.h"
#include "projector/model/read_model.h"
#include "projector/projector_loop.h"
#include "tests/bench/figures.h"
#include "tests/bench/readers.h"
#include "tests/bench/statistics.h"

namespace catlog::bench {
namespace {

namespace fs = std::filesystem;
using events::Position;

constexpr uint64_t wal_limit_bytes = uint64_t{64} << 20;  // so that it is met in seconds
constexpr std::chrono::milliseconds without_end = std::chrono::hours(1), five_seconds{5'000}, look_every{20};
constexpr size_t crowd = 50;
constexpr double bytes_per_mib = 1 << 20;

struct BesideReaders {
  double seconds = 0;
  double most_wal_mib = 0;  // of all files together
  size_t generations = 0;   // that were live
};

double wal_mib(const fs::path& folder) {
  uintmax_t bytes = 0;
  std::error_code gone;
  for (const auto& entry : fs::directory_iterator(folder, gone))
    if (entry.path().string().ends_with("-wal"))
      if (const auto size = fs::file_size(entry.path(), gone); !gone) bytes += size;
  return static_cast<double>(bytes) / bytes_per_mib;
}

// The loop itself over a log that is there, until it has all of it.
BesideReaders project_all(const store::Log& log, const fs::path& data, size_t readers_count) {
  fs::remove_all(data);
  fs::create_directories(data / "run");
  const projector::Generations generations(data / "readmodel");
  ReaderCrowd readers(generations.link(), readers_count, without_end);
  BesideReaders projected;
  {
    zmq::context_t context;
    projector::ProjectorOptions options;
    options.wal.limit_bytes = wal_limit_bytes;
    options.wal.look_every = look_every;
    projector::ProjectorLoop loop(log, data, context, options);
    loop.prepare();
    readers.begin();
    events::Stop stop;
    const int64_t begin_ns = now_ns();
    std::jthread running([&] { loop.run(stop); });
    for (Position position = 0; position < log.head();) {
      std::this_thread::sleep_for(look_every);
      position = projector::read_checkpoint(projector::Database(generations.link(), projector::Open::read)).position;
      projected.most_wal_mib = std::max(projected.most_wal_mib, wal_mib(data / "readmodel"));
    }
    projected.seconds = static_cast<double>(now_ns() - begin_ns) / 1e9;
    stop.set();
  }
  projected.generations = std::stoul(generations.current_path()->stem().string().substr(4));
  readers.end();
  fs::remove_all(data);
  return projected;
}

}  // namespace

void Figures::readers() {
  const store::Log& log = random_keys();
  const auto events = static_cast<double>(log.head());
  const auto alone = project_all(log, scratch_ / "beside", 0);
  interrupt_.check();
  const auto beside = project_all(log, scratch_ / "beside", 1);
  interrupt_.check();
  const std::string one = "live projection beside one open transaction, WAL of 64 MiB: ";
  table_.add({one + "events/s", "without it", "0.9 of without"}, events / beside.seconds, events / alone.seconds);
  table_.add({one + "most of all WALs, MiB", "without it"}, beside.most_wal_mib, alone.most_wal_mib);
  table_.add({one + "copies that went on"}, static_cast<double>(beside.generations) - 1);
  many_readers();
}

void Figures::many_readers() {
  prepare();
  const size_t commands = counts_.loaded / 2;
  std::optional<Watcher> watcher;
  const auto alone = send_and_see(many_clients, workload_.changes(Encoding::capnp, commands, counts_.existing),
                                  Encoding::capnp, watcher);
  const double alone_per_second = watcher->projected_per_second(alone);
  watcher.reset();
  const auto bodies = workload_.changes(Encoding::capnp, commands, counts_.existing);
  ReaderCrowd readers(daemon_->data() / "readmodel" / "current.sqlite", crowd, five_seconds);
  readers.begin();
  const auto load = send_and_see(many_clients, bodies, Encoding::capnp, watcher);
  auto met = readers.end();
  auto lag = watcher->lag_events(load);
  const std::string prefix = "50 readers with transactions of 5 s, 32 clients x 64: ";
  table_.add({prefix + "refused as busy", "", "0"}, static_cast<double>(met.refused));
  table_.add({prefix + "point query p99, us", "", "<= 5,000 us"}, percentile(met.query_us, 0.99));
  table_.add({prefix + "projected, events/s", "without them"}, watcher->projected_per_second(load), alone_per_second);
  table_.add({prefix + "projector's lag max, events"}, percentile(lag, 1));
}

// Full load after full load, for as long as it says.
void Figures::readers_long() {
  prepare();
  ReaderCrowd readers(daemon_->data() / "readmodel" / "current.sqlite", crowd, five_seconds);
  readers.begin();
  const auto end = std::chrono::steady_clock::now() + counts_.long_readers;
  double most_lag = 0, commands = 0;
  std::vector<double> rates;
  while (std::chrono::steady_clock::now() < end) {
    const auto bodies = workload_.changes(Encoding::capnp, counts_.loaded / 2, counts_.existing);
    std::optional<Watcher> watcher;
    const auto load = send_and_see(many_clients, bodies, Encoding::capnp, watcher);
    auto lag = watcher->lag_events(load);
    most_lag = std::max(most_lag, percentile(lag, 1));
    rates.push_back(watcher->projected_per_second(load));
    commands += static_cast<double>(bodies.size());
    interrupt_.check();
  }
  auto met = readers.end();
  const std::string prefix =
      fmt::format("50 readers with transactions of 5 s, 32 clients x 64, for {} s: ", counts_.long_readers.count());
  table_.add({prefix + "commands"}, commands);
  table_.add({prefix + "refused as busy", "", "0"}, static_cast<double>(met.refused));
  table_.add({prefix + "point query p99, us", "", "<= 5,000 us"}, percentile(met.query_us, 0.99));
  table_.add({prefix + "projected, median of loads, events/s"}, percentile(rates, 0.5));
  table_.add({prefix + "projector's lag max, events"}, most_lag);
}

}  // namespace catlog::bench
