#include "bin/daemon/gathered.h"

#include "events/schema/record.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "events/text/datetime.h"
#include "store/files/disk_space.h"

namespace catlog {

namespace fs = std::filesystem;

namespace {

uint64_t bytes_of(const fs::path& file) {
  std::error_code none;
  const auto bytes = fs::file_size(file, none);
  return none ? 0 : bytes;
}

uint64_t waiting_us(const store::LogSnapshot& log, events::Position projected) {
  if (projected >= log.head()) return 0;
  const auto recorded_us = events::RecordView(log.read(projected + 1)).root().getRecordedAt();
  return static_cast<uint64_t>(std::max<int64_t>(events::now_us() - recorded_us, 0));
}

}  // namespace

Gathered::Gathered(const store::Log& log, const store::StateStore* states, events::DataDirectory data)
    : log_(log), states_(states), data_(std::move(data)) {}

void Gathered::gather(std::optional<events::Position> projected) {
  {
    const auto snapshot = log_.snapshot();
    head.set(snapshot.head());
    lag_us.set(projected ? waiting_us(snapshot, *projected) : 0);
  }
  const auto reader = log_.oldest_reader();
  oldest_reader_commits.set(reader ? reader->commits_behind : 0);
  log_bytes.set(log_.size_bytes());
  if (states_) state_bytes.set(states_->size_bytes());
  read_model_bytes.set(bytes_of(data_.current_read_model()));
  free_bytes.set(store::free_bytes(data_.root));
}

}  // namespace catlog
