#include "bin/torrent/transfers.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "bin/torrent/budget.h"

namespace catlog::torrent {

namespace {

constexpr int64_t hour_us = 3'600'000'000;
constexpr int64_t in_use_us = hour_us / 2;  // since somebody looked at it
constexpr int64_t least_room_bytes = 1 << 20;
constexpr double almost_whole = 0.9999;  // 1 is only what is whole

// One round's decision, download by download.
class Round {
 public:
  Round(const Wishes& wishes, const std::vector<Seen>& seen, const Rules& rules, const Moment& moment)
      : wishes_(wishes), rules_(rules), moment_(moment) {
    for (const auto& one : seen) seen_[one.hash] = &one;
  }

  Decision decide() {
    std::set<std::string> wanted;
    for (const auto& [id, wish] : wishes_.downloads()) {
      wanted.insert(wish.hash);
      if (is_too_large(wish)) continue;
      if (is_over(wish) || has(wish.hash)) used_bytes_ += bytes_of(wish);
      if (wish.status == Status::downloading && has(wish.hash)) ++active_;
    }
    for (const auto& [hash, remains] : wishes_.gone())
      order(remains == Remains::kept ? Order::Do::drop : Order::Do::remove, hash);
    for (const auto& [id, wish] : wishes_.downloads())
      if (!wishes_.gone().contains(wish.hash)) of(wish);
    for (const auto& [hash, one] : seen_)
      if (!wanted.contains(hash) && !wishes_.gone().contains(hash)) order(Order::Do::drop, hash);
    if (rules_.quota_bytes > 0 && used_bytes_ + waiting_bytes_ > rules_.quota_bytes) make_room();
    return std::move(decision_);
  }

 private:
  void of(const Wish& wish) {
    const Seen* seen = has(wish.hash) ? seen_.at(wish.hash) : nullptr;
    const bool is_ended = wish.status == Status::error || wish.status == Status::paused;
    if (seen && seen->phase == Phase::failed && !is_ended) return fail(wish, seen->fault);
    if (is_too_large(wish)) return fail(wish, too_large(wish));
    if (wish.status == Status::error) return of_failed(wish, seen);
    if (of_check(wish, seen)) return;
    if (is_over(wish)) return of_whole(wish, seen);
    if (wish.status == Status::downloading) return of_downloading(wish, seen);
    if (!seen) return;
    if (is_loaded(*seen) && seen->done > wish.downloaded) tell(wish, *seen);
    order(Order::Do::drop, wish.hash);
  }

  // Whether there is something to be done about looking through its files, before anything else.
  bool of_check(const Wish& wish, const Seen* seen) {
    const auto at = moment_.checks.find(wish.hash);
    const uint64_t begun = at != moment_.checks.end() ? at->second : wish.is_checking ? 0 : wish.checks;
    // Also one that the log takes for done because of a report that was on its way when it was asked for.
    if (begun < wish.checks) {
      order(seen ? Order::Do::check : Order::Do::add_unchecked, wish.hash);
      return true;
    }
    if (wish.is_checking) {
      if (!seen) order(Order::Do::add_unchecked, wish.hash);
      if (seen && is_loaded(*seen)) tell_checked(wish, *seen);
      return true;
    }
    // Something is not as it was recorded: that is said before other figures are.
    const bool is_less = seen && seen->phase == Phase::loading && (is_over(wish) || seen->done < wish.downloaded);
    const bool is_touched = is_over(wish) && moment_.touched.contains(wish.hash);
    if (is_less || is_touched) decision_.reports.push_back({.what = Report::What::recheck, .storage = wish.id});
    return is_less || is_touched;
  }

  void tell_checked(const Wish& wish, const Seen& seen) {
    Wish anew = wish;  // what was recorded may fall
    anew.downloaded = 0;
    anew.progress = 0;
    std::optional<Status> status;
    if (wish.status == Status::downloading && seen.phase == Phase::whole) status = Status::completed;
    if (is_over(wish) && seen.phase == Phase::loading) status = Status::downloading;
    tell(anew, seen, status);
  }

  void of_downloading(const Wish& wish, const Seen* seen) {
    if (!seen) {
      const bool fits = rules_.quota_bytes == 0 || used_bytes_ + bytes_of(wish) <= rules_.quota_bytes;
      const bool is_its_turn = active_ < rules_.active && wishes_.source(wish.hash);
      if (is_its_turn && fits) {
        ++active_;
        used_bytes_ += bytes_of(wish);
        return order(Order::Do::add, wish.hash);
      }
      if (is_its_turn && waiting_bytes_ == 0) waiting_bytes_ = bytes_of(wish);  // one at a time
      return tell_phase(wish, {}, "queued");
    }
    if (seen->phase == Phase::whole) return tell(wish, *seen, Status::completed);
    if (seen->phase == Phase::metadata) return tell_phase(wish, *seen, "metadata");
    if (seen->phase != Phase::loading) return;
    const bool is_last = moment_.is_ending && seen->done > wish.downloaded && may_tell_at_end(wish);
    const bool is_due = !wish.is_placed || is_worth_telling(wish, *seen, moment_.now_us) ||
                        is_worth_telling_phase(wish, phase_of(wish, *seen), moment_.now_us);
    if (is_last || is_due) tell(wish, *seen);
  }

  void of_whole(const Wish& wish, const Seen* seen) {
    const bool seeds = is_to_seed(wish, seen);
    if (!seen && seeds) return order(Order::Do::add, wish.hash);
    if (!seen && wish.status == Status::seeding) return tell_end_of_seeding(wish);
    if (!seen || seen->phase != Phase::whole) return;
    if (seeds && wish.status == Status::completed) return tell(wish, *seen, Status::seeding);
    if (!seeds && wish.status == Status::seeding) return tell(wish, *seen, Status::completed);
    if (!seeds) return order(Order::Do::drop, wish.hash);
    const bool is_last = moment_.is_ending && seen->uploaded > wish.uploaded;
    if (is_last || is_worth_telling_of_seed(wish, *seen, moment_.now_us)) tell(wish, *seen);
  }

  void of_failed(const Wish& wish, const Seen* seen) {
    if (seen) return order(Order::Do::drop, wish.hash);
    if (fault_kind(wish.reason) != FaultKind::no_room || !may_try_again(wish, moment_.now_us)) return;
    const Source* source = wishes_.source(wish.hash);
    const int64_t missing = source ? std::max(source->size - wish.downloaded, least_room_bytes) : least_room_bytes;
    if (moment_.free_bytes < static_cast<uint64_t>(missing)) return;
    decision_.reports.push_back({.what = Report::What::resumption, .storage = wish.id});
  }

  // As long as it has not given enough, and for at most so long since it was whole.
  bool is_to_seed(const Wish& wish, const Seen* seen) const {
    if (rules_.seed_percent == 0 || wish.downloaded <= 0) return false;
    if (moment_.now_us - wish.whole_us >= static_cast<int64_t>(rules_.seed_hours) * hour_us) return false;
    const int64_t given = std::max(wish.uploaded, seen ? seen->uploaded : 0);
    return static_cast<double>(given) * 100 <
           static_cast<double>(rules_.seed_percent) * static_cast<double>(wish.downloaded);
  }

  // What was used longest ago, and is not in use: the same one until the log has it. Nothing for one that waits, if it
  // would wait all the same.
  void make_room() {
    const Wish* oldest = nullptr;
    uint64_t unused_bytes = 0;
    const auto used = [](const Wish& wish) { return std::max(wish.used_us, wish.whole_us); };
    for (const auto& [id, wish] : wishes_.downloads()) {
      if (is_in_use(wish)) continue;
      unused_bytes += bytes_of(wish);
      if (!oldest || used(wish) < used(*oldest)) oldest = &wish;
    }
    const bool is_enough = used_bytes_ + waiting_bytes_ - std::min(unused_bytes, used_bytes_) <= rules_.quota_bytes;
    if (oldest && (is_enough || used_bytes_ > rules_.quota_bytes))
      decision_.reports.push_back({.what = Report::What::eviction, .storage = oldest->id});
  }

  bool is_in_use(const Wish& wish) const {
    if (!is_over(wish) || wish.is_checking || moment_.now_us - wish.used_us < in_use_us) return true;
    if (moment_.open.contains(wish.hash)) return true;
    return has(wish.hash) && wish.status == Status::seeding && seen_.at(wish.hash)->peers > 0;
  }

  // Whatever else were removed, it could not be kept.
  bool is_too_large(const Wish& wish) const {
    return rules_.quota_bytes > 0 && wish.status == Status::downloading && bytes_of(wish) > rules_.quota_bytes;
  }

  Fault too_large(const Wish& wish) const {
    return {FaultKind::quota,
            fmt::format("it has {} bytes, and all downloads together may have {}; raise --quota-bytes, or take another "
                        "source",
                        bytes_of(wish), rules_.quota_bytes)};
  }

  void fail(const Wish& wish, const std::optional<Fault>& fault) {
    decision_.reports.push_back({.what = Report::What::failure, .storage = wish.id, .fault = fault});
  }

  void tell_end_of_seeding(const Wish& wish) {
    Seen last;
    last.phase = Phase::whole;
    last.size = last.done = wish.downloaded;
    tell(wish, last, Status::completed);
  }

  void tell_phase(const Wish& wish, const Seen& seen, const char* phase) {
    if (!is_worth_telling_phase(wish, phase, moment_.now_us)) return;
    Report report{.storage = wish.id,
                  .progress = wish.progress,
                  .peers = seen.peers,
                  .downloaded = wish.downloaded,
                  .uploaded = wish.uploaded,
                  .phase = phase};
    if (wish.downloaded > 0)
      report.upload_progress = std::min(static_cast<double>(wish.uploaded) / static_cast<double>(wish.downloaded), 1.0);
    decision_.reports.push_back(report);
  }

  // What is recorded never falls.
  void tell(const Wish& wish, const Seen& seen, std::optional<Status> status = {}) {
    const auto size = static_cast<double>(std::max<int64_t>(seen.size, 1));
    Report report{.storage = wish.id, .status = status, .peers = seen.peers, .phase = phase_of(wish, seen)};
    const bool is_whole = seen.phase == Phase::whole;
    report.downloaded = is_whole ? seen.size : std::max(seen.done, wish.downloaded);
    report.progress =
        is_whole ? 1 : std::max(wish.progress, std::min(static_cast<double>(report.downloaded) / size, almost_whole));
    report.uploaded = std::max(seen.uploaded, wish.uploaded);
    report.upload_progress = std::min(static_cast<double>(report.uploaded) / size, 1.0);
    report.readable = is_whole ? seen.main_size : seen.readable;
    report.is_placed = !seen.directory.empty();
    report.directory = seen.directory;
    report.main_file = seen.main_file;
    report.main_size = seen.main_size;
    report.size = seen.size;
    decision_.reports.push_back(report);
  }

  std::string phase_of(const Wish& wish, const Seen& seen) const {
    if (seen.phase == Phase::whole) return is_to_seed(wish, &seen) ? "seeding" : "idle";
    return moment_.stalled.contains(seen.hash) ? "stalled" : "downloading";
  }

  // A source may be wrong about its size; the torrent is not.
  uint64_t bytes_of(const Wish& wish) const {
    const Source* source = wishes_.source(wish.hash);
    const int64_t size = has(wish.hash) ? seen_.at(wish.hash)->size : 0;
    const int64_t known = size > 0 ? size : source ? source->size : 0;
    return static_cast<uint64_t>(std::max({wish.downloaded, known, int64_t{0}}));
  }
  static bool is_loaded(const Seen& seen) { return seen.phase == Phase::loading || seen.phase == Phase::whole; }
  bool has(const std::string& hash) const { return seen_.contains(hash); }
  void order(Order::Do what, const std::string& hash) { decision_.orders.push_back({what, hash}); }

  const Wishes& wishes_;
  const Rules& rules_;
  const Moment& moment_;
  std::map<std::string, const Seen*> seen_;
  uint64_t active_ = 0, used_bytes_ = 0, waiting_bytes_ = 0;
  Decision decision_;
};

}  // namespace

Decision decide(const Wishes& wishes, const std::vector<Seen>& seen, const Rules& rules, const Moment& moment) {
  return Round(wishes, seen, rules, moment).decide();
}

}  // namespace catlog::torrent
