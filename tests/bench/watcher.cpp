#include "tests/bench/watcher.h"

#include <algorithm>

#include <fmt/format.h>

#include "projector/sqlite/sqlite.h"
#include "tests/bench/statistics.h"

namespace catlog::bench {

using events::Exit;
using events::Failure;
using events::Position;

namespace {

constexpr int64_t catch_up_limit_ns = 120'000'000'000;

}  // namespace

Watcher::Watcher(const std::filesystem::path& read_model, const store::Log& log)
    : log_(log), thread_([this, read_model] {
        try {
          watch(read_model);
        } catch (...) {
          failure_ = std::current_exception();
          stopping_ = true;
        }
      }) {}

Watcher::~Watcher() {
  stopping_ = true;
  if (thread_.joinable()) thread_.join();
}

void Watcher::watch(const std::filesystem::path& read_model) {
  while (!stopping_) {
    projector::Database database(read_model, projector::Open::read);
    projector::Statement row(database, "SELECT position, state FROM projection_checkpoint WHERE id = 1");
    for (bool is_live = true; is_live && !stopping_;) {
      row.step();
      auto visible = static_cast<Position>(row.integer(0));
      is_live = row.text(1) == "live";  // else another generation is
      row.reset();
      samples_.push_back({now_ns(), visible, log_.head()});
      visible_ = visible;
      std::this_thread::sleep_for(watch_interval);
    }
  }
}

void Watcher::finish_at(Position position, const Interrupt& interrupt) {
  int64_t limit_ns = now_ns() + catch_up_limit_ns;
  while (visible_ < position && !stopping_) {
    interrupt.check();
    if (now_ns() > limit_ns)
      throw Failure(Exit::failure,
                    fmt::format("the read model stands at {} and does not reach {}", visible_.load(), position));
    std::this_thread::sleep_for(watch_interval);
  }
  stopping_ = true;
  thread_.join();
  if (failure_) std::rethrow_exception(failure_);
}

const Watcher::Sample& Watcher::first_with(Position position) const {
  auto found = std::lower_bound(samples_.begin(), samples_.end(), position,
                                [](const Sample& sample, Position wanted) { return sample.visible < wanted; });
  CATLOG_CHECK(found != samples_.end());
  return *found;
}

std::vector<double> Watcher::visible_us(const LoadResult& load) const {
  std::vector<double> values;
  for (const auto& command : load.commands)
    values.push_back(static_cast<double>(first_with(command.last_position).at_ns - command.sent_ns) / 1'000);
  return values;
}

std::vector<double> Watcher::lag_events(const LoadResult& load) const {
  std::vector<double> values;
  int64_t from = load.commands.front().sent_ns;
  auto to = from + static_cast<int64_t>(load.seconds * 1e9);
  for (const auto& [at_ns, visible, head] : samples_)
    if (at_ns >= from && at_ns <= to) values.push_back(static_cast<double>(head - visible));
  return values;
}

double Watcher::projected_per_second(const LoadResult& load) const {
  auto ns = first_with(load.last_position()).at_ns - load.commands.front().sent_ns;
  return static_cast<double>(load.last_position() - load.first_position() + 1) * 1e9 / static_cast<double>(ns);
}

}  // namespace catlog::bench
