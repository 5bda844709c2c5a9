#include "bin/torrent/transfers.h"

#include <algorithm>
#include <map>

#include "bin/torrent/budget.h"

namespace catlog::torrent {

namespace {

constexpr int64_t hour_us = 3'600'000'000;
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
      if (wish.status == Status::downloading && has(wish.hash)) ++active_;
    }
    for (const auto& [hash, remains] : wishes_.gone())
      order(remains == Remains::kept ? Order::Do::drop : Order::Do::remove, hash);
    for (const auto& [id, wish] : wishes_.downloads())
      if (!wishes_.gone().contains(wish.hash)) of(wish);
    for (const auto& [hash, one] : seen_)
      if (!wanted.contains(hash) && !wishes_.gone().contains(hash)) order(Order::Do::drop, hash);
    return std::move(decision_);
  }

 private:
  void of(const Wish& wish) {
    const Seen* seen = has(wish.hash) ? seen_.at(wish.hash) : nullptr;
    if (seen && seen->phase == Phase::failed && wish.status != Status::error && wish.status != Status::paused)
      return fail(wish, *seen);
    switch (wish.status) {
      case Status::downloading:
        return of_downloading(wish, seen);
      case Status::completed:
      case Status::seeding:
        return of_whole(wish, seen);
      case Status::paused:
        if (!seen) return;
        if (is_loaded(*seen) && seen->done > wish.downloaded) tell(wish, *seen);
        return order(Order::Do::drop, wish.hash);
      case Status::error:
        return of_failed(wish, seen);
    }
  }

  void of_downloading(const Wish& wish, const Seen* seen) {
    if (!seen) {
      if (active_ >= rules_.active || !wishes_.source(wish.hash)) return;  // it is not its turn
      ++active_;
      return order(Order::Do::add, wish.hash);
    }
    if (seen->phase == Phase::whole) return tell(wish, *seen, Status::completed);
    if (seen->phase != Phase::loading) return;
    const bool is_last = moment_.is_ending && seen->done > wish.downloaded && may_tell_at_end(wish);
    if (is_last || is_worth_telling(wish, *seen, moment_.now_us)) tell(wish, *seen);
  }

  void of_whole(const Wish& wish, const Seen* seen) {
    const bool is_touched = moment_.touched.contains(wish.hash);
    if (!seen && is_touched) return order(Order::Do::add_unchecked, wish.hash);
    if (seen && is_touched && seen->phase == Phase::whole) return order(Order::Do::check, wish.hash);
    const bool seeds = is_to_seed(wish, seen);
    if (!seen && seeds) return order(Order::Do::add, wish.hash);
    if (!seen && wish.status == Status::seeding) return tell_end_of_seeding(wish);
    if (!seen || seen->phase != Phase::whole) return;  // what is not whole any more is loaded again
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

  void fail(const Wish& wish, const Seen& seen) {
    decision_.reports.push_back({.what = Report::What::failure, .storage = wish.id, .fault = seen.fault});
  }

  void tell_end_of_seeding(const Wish& wish) {
    Seen last;
    last.phase = Phase::whole;
    last.size = last.done = wish.downloaded;
    tell(wish, last, Status::completed);
  }

  // What is recorded never falls.
  void tell(const Wish& wish, const Seen& seen, std::optional<Status> status = {}) {
    const auto size = static_cast<double>(std::max<int64_t>(seen.size, 1));
    Report report{.storage = wish.id, .status = status, .peers = seen.peers};
    const bool is_whole = seen.phase == Phase::whole;
    report.downloaded = is_whole ? seen.size : std::max(seen.done, wish.downloaded);
    report.progress =
        is_whole ? 1 : std::max(wish.progress, std::min(static_cast<double>(report.downloaded) / size, almost_whole));
    report.uploaded = std::max(seen.uploaded, wish.uploaded);
    report.upload_progress = std::min(static_cast<double>(report.uploaded) / size, 1.0);
    decision_.reports.push_back(report);
  }

  static bool is_loaded(const Seen& seen) { return seen.phase == Phase::loading || seen.phase == Phase::whole; }
  bool has(const std::string& hash) const { return seen_.contains(hash); }
  void order(Order::Do what, const std::string& hash) { decision_.orders.push_back({what, hash}); }

  const Wishes& wishes_;
  const Rules& rules_;
  const Moment& moment_;
  std::map<std::string, const Seen*> seen_;
  uint64_t active_ = 0;
  Decision decision_;
};

}  // namespace

Decision decide(const Wishes& wishes, const std::vector<Seen>& seen, const Rules& rules, const Moment& moment) {
  return Round(wishes, seen, rules, moment).decide();
}

}  // namespace catlog::torrent
