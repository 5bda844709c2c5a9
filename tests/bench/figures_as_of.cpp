// The read model as of a moment: a first one, and one near a kept one.
#include <algorithm>

#include <fmt/format.h>

#include "projector/model/building_files.h"
#include "projector/rebuild/as_of_cache.h"
#include "projector/rebuild/rebuild.h"
#include "store/files/file_copy.h"
#include "tests/bench/figures.h"
#include "tests/bench/statistics.h"

namespace catlog::bench {
namespace {

constexpr size_t commands_at_once = 100'000;   // made and sent, so that they need not all be in memory
constexpr events::Position parts_to_go = 100;  // near: the last hundredth of the log is to be applied

// Half of the events are of new titles, two each, and half change one of them.
void fill(InProcess& log, events::Position events, const Interrupt& interrupt) {
  Workload workload(5);
  size_t titles = 0;
  while (log.log().head() < events / 2) {
    const size_t count = std::min<size_t>(commands_at_once, events / 4);
    log.run(workload.titles(Encoding::capnp, count), interrupt);
    titles += count;
  }
  while (log.log().head() < events)
    log.run(workload.ratings(Encoding::capnp, std::min<size_t>(commands_at_once, events - log.log().head()), titles),
            interrupt);
}

}  // namespace

void Figures::as_of() {
  if (!moments_) {
    moments_.emplace(scratch_ / "moments");
    fill(*moments_, counts_.then, interrupt_);
  }
  const store::Log& log = moments_->log();
  const auto rebuilt = scratch_ / "rebuilt.sqlite", copied = scratch_ / "copied.sqlite", folder = scratch_ / "as-of";
  std::filesystem::remove_all(folder);
  const projector::AsOfCache cache(folder);
  if (!cache.is_writable()) throw events::Failure(events::Exit::failure, "cannot make the folder of kept files");
  const events::Position earlier = log.head() - log.head() / parts_to_go;
  const double rebuild_s = seconds_of([&] { projector::build_file(log, {}, rebuilt, earlier); });
  interrupt_.check();
  std::filesystem::path kept;
  const double first_s = seconds_of([&] { kept = cache.file(log, {}, earlier).path(); });
  interrupt_.check();
  const double copy_s = seconds_of([&] { store::copy_own_file(kept, copied); });
  const double near_s = seconds_of([&] { cache.file(log, {}, log.head()); });
  projector::remove_database(rebuilt);
  projector::remove_database(copied);
  const auto events = static_cast<double>(earlier);
  const auto figure = fmt::format("read model as of {} events, ", log.head());
  table_.add({figure + "a first one: events/s", "a rebuild of the same", "0.9 of raw"}, events / first_s,
             events / rebuild_s);
  table_.add({figure + fmt::format("near a kept one ({} events earlier): ms", log.head() - earlier),
              "a copy of the kept file", "2,000 ms"},
             near_s * 1e3, copy_s * 1e3);
}

}  // namespace catlog::bench
