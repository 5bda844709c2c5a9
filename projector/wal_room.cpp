#include "projector/wal_room.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "events/error.h"
#include "events/text/datetime.h"
#include "projector/counters.h"
#include "store/files/disk_space.h"

namespace catlog::projector {

namespace fs = std::filesystem;

namespace {

constexpr int least_pages_copied = 64, all_pages = -1;

std::string mebibytes(uint64_t bytes) { return fmt::format("{} MiB", bytes >> 20); }

}  // namespace

WalRoom::WalRoom(const Generations& generations, fs::path run_directory, std::string log_id, WalOptions options)
    : generations_(generations),
      run_directory_(std::move(run_directory)),
      log_id_(std::move(log_id)),
      options_(std::move(options)) {
  clear_readers_note(run_directory_);
  generations_.start_building("copy");  // what a killed one left goes
}

std::unique_ptr<Database> WalRoom::make(ReadModel& model) {
  const uint64_t bytes = model.wal_bytes();
  if (bytes < options_.limit_bytes / 2 || (!copy_ && model.give_back_wal())) {
    let_go();
    return nullptr;
  }
  try {
    if (!copy_ && may_copy(model)) {
      look(model);  // it matters from now on, however soon the copy is whole
      copy_ = std::make_unique<FileCopy>(model.database(), generations_.start_building("copy"));
    }
    if (copy_ && copy_->copy(pages_due(model)))
      return generations_.replace_live(model.file(), std::exchange(copy_, nullptr)->file());
  } catch (...) {
    let_go();
    throw;
  }
  if (bytes < options_.limit_bytes) return nullptr;
  look(model);
  throw Busy(
      events::Exit::failure,
      fmt::format("its WAL has come to {}, and {}{}; the projector goes on when {}", mebibytes(bytes), who_reads(),
                  left_behind_.empty() ? "" : "; " + what_is_kept(), oldest_ ? "that ends" : "it can be"));
}

void WalRoom::let_go() noexcept try {
  if (!copy_) return;
  copy_.reset();
  generations_.start_building("copy");
} catch (const std::exception&) {
  // The next copy's beginning removes what is left of this one.
}

// Nothing of it may be needed by those who write: the log and the WAL.
bool WalRoom::may_copy(const ReadModel& model) const {
  std::error_code none;
  const auto bytes = fs::file_size(model.file(), none) + model.wal_bytes();
  return !none && left_behind_.size() < options_.most_left_behind && store::free_bytes(model.file()) / 2 > bytes;
}

// As much of the copy is made as the WAL has used of its second half.
int WalRoom::pages_due(const ReadModel& model) const {
  const double half = static_cast<double>(options_.limit_bytes) / 2;
  const double used = (static_cast<double>(model.wal_bytes()) - half) / half;
  if (used >= 1) return all_pages;
  return std::max(least_pages_copied, static_cast<int>(std::ceil(used * copy_->pages())) - copy_->pages_copied());
}

void WalRoom::look(ReadModel& model) {
  is_short_of_space_ = model.owes_wal();
  look_and_tell(model);
}

void WalRoom::look_on_full_disk(ReadModel& model) {
  const int64_t now = events::steady_now_us();
  if (looked_on_full_us_ && now - *looked_on_full_us_ < std::chrono::microseconds(options_.look_every).count()) return;
  looked_on_full_us_ = now;
  is_short_of_space_ = true;
  look_and_tell(model);
}

void WalRoom::look_and_tell(ReadModel& model) {
  const bool were_kept = !left_behind_.empty();
  left_behind_ = generations_.remove_unused();
  if (!were_kept) kept_since_us_ = events::now_us();
  find_oldest(model);
  tell(model);
  note();
}

void WalRoom::count_into(ProjectorCounters& counters) const {
  counters.readers_in_the_way.set(readers_);
  counters.oldest_reader.set(oldest_ && oldest_->process > 0 ? static_cast<uint64_t>(oldest_->process) : 0);
  counters.oldest_reader_since_s.set(oldest_ ? static_cast<uint64_t>(since_us_ / 1'000'000) : 0);
  counters.files_kept.set(left_behind_.size());
}

void WalRoom::find_oldest(ReadModel& model) {
  const auto readers = model.readers_in_the_way();
  readers_ = readers.size();
  const auto before = std::exchange(oldest_, readers.empty() ? std::nullopt : std::optional(readers.front()));
  is_seen_again_ = oldest_ == before;
  if (!is_seen_again_) since_us_ = events::now_us();
}

std::string WalRoom::who_reads() const {
  if (!oldest_) return "it cannot be written back now";
  return fmt::format("{} has had a transaction open on the read model since {}{}", to_text(*oldest_),
                     events::to_rfc3339(since_us_),
                     is_short_of_space_ ? ", and the disk has no room for more of the WAL behind it: end that "
                                          "transaction, or make room"
                                        : "");
}

std::string WalRoom::what_is_kept() const {
  const bool is_one = left_behind_.size() == 1;
  return fmt::format("since {} {} older {} kept: {} did not close {}", events::to_rfc3339(kept_since_us_),
                     left_behind_.size(), is_one ? "file is" : "files are", to_text(left_behind_),
                     is_one ? "it" : "them");
}

void WalRoom::tell(const ReadModel& model) {
  // A batch may end beyond half of a small limit with nobody in the way: the next one begins with the WAL given back.
  const bool is_long = model.wal_bytes() >= options_.limit_bytes / 2;
  // On a full disk a query of a moment is in the way too: who is seen twice stays there.
  const bool matters = oldest_ && (is_long || (is_short_of_space_ && is_seen_again_));
  if (matters == was_told_) return;
  was_told_ = matters;
  if (matters)
    options_.on_readers_in_the_way(fmt::format("the read model's WAL takes {} of at most {}: {}",
                                               mebibytes(model.wal_bytes()), mebibytes(options_.limit_bytes),
                                               who_reads()));
  else
    options_.on_readers_gone(
        (oldest_ && !is_short_of_space_
             ? fmt::format("there is room again for the read model's WAL; {} still reads", to_text(*oldest_))
             : "nobody is in the way of the read model's WAL any more") +
        (left_behind_.empty() ? "" : "; " + what_is_kept()));
}

void WalRoom::note() {
  ReadersNote now;
  if (was_told_)
    now = {oldest_ ? oldest_->process : 0, since_us_, 0, who_reads()};
  else if (!left_behind_.empty())
    now = {left_behind_.front().process, kept_since_us_, 0, ""};
  now.files_kept = left_behind_.size();
  if (now.files_kept > 0) now.words += (now.words.empty() ? "" : "; ") + what_is_kept();
  if (now == noted_) return;
  if (now.words.empty())
    clear_readers_note(run_directory_);
  else if (!write_readers_note(run_directory_, log_id_, now))
    return;  // and is tried again
  noted_ = std::move(now);
}

}  // namespace catlog::projector
