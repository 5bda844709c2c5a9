#include "bin/torrent/bridge.h"

#include <algorithm>
#include <array>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "bin/keys/key_file.h"
#include "bin/service/daemon_log.h"
#include "bin/torrent/engine/tree.h"
#include "bin/torrent/reports.h"
#include "events/data_directory.h"
#include "events/error.h"
#include "events/path.h"
#include "events/text/datetime.h"
#include "events/text/uuid.h"

namespace catlog::torrent {

namespace {

using std::chrono::milliseconds;
namespace fs = std::filesystem;

constexpr milliseconds round_every{250}, keep_every{5'000}, refused_again{5'000}, stalled_after{60'000};
constexpr milliseconds follow_every{2'000}, plan_every{60'000}, touch_every{600'000};
constexpr milliseconds longest_close{20'000}, longest_last_reports{2'000};

fs::path whole_path(const fs::path& path) { return events::without_dots(fs::absolute(path)); }

BusOptions bus_options(const Options& options) {
  const events::DataDirectory data(whole_path(options.data));
  const auto endpoint = [&](const std::string& given, const char* name) {
    return given.empty() ? events::endpoint_in(data, name) : given;
  };
  BusOptions bus{.commands_endpoint = endpoint(options.commands_endpoint, "commands.ipc"),
                 .changes_endpoint = endpoint(options.changes_endpoint, "changes.ipc"),
                 .replay_endpoint = endpoint(options.replay_endpoint, "replay.ipc")};
  const auto& reading = options.reading_key_file.empty() ? options.key_file : options.reading_key_file;
  bus.commands_keys = keys::client_keys(options.key_file, options.server_key, bus.commands_endpoint);
  bus.changes_keys = keys::client_keys(reading, options.server_key, bus.changes_endpoint);
  return bus;
}

EngineOptions engine_options(const Options& options, const Keep& keep) {
  EngineOptions engine = options.engine;
  engine.transfers = keep.transfers();
  engine.torrents = whole_path(options.data) / "torrents";
  return engine;
}

Kept read_kept(const Keep& keep, const Options& options) {
  auto kept = keep.read();
  if (!kept || options.is_adopting) return {};
  return *std::move(kept);
}

}  // namespace

Bridge::Bridge(const Options& options)
    : options_(options),
      keep_(whole_path(options.downloads)),
      is_confined_(confine_to(whole_path(options.downloads))),
      known_(read_kept(keep_, options)),
      is_anew_(known_.cursor.position == 0),
      engine_(engine_options(options, keep_), [this] { wake(); }),
      bus_(bus_options(options), known_.cursor, [this] { wake(); }),
      swarms_(
          is_loopback_only(options.engine.listen) ? scrape::Reach::loopback : scrape::Reach::outside,
          read_whole(keep_.plans(), max_look_bytes).value_or(""), [this] { wake(); }, counters_.swarms),
      watch_(options.http_endpoint, counters_) {
  if (!is_confined_)
    daemon_log::warn("this kernel has no Landlock: nothing but the checks of names and links keeps files inside");
  show_player();
}

void Bridge::run(const events::Stop& stop) {
  while (!stop.is_set()) {
    counters_.heartbeat.beat();
    wait();
    hear();
    round();
    keep_sometimes();
  }
  end();
}

void Bridge::wake() {
  const std::lock_guard lock(mutex_);
  is_news_ = true;
  news_.notify_all();
}

void Bridge::wait() {
  std::unique_lock lock(mutex_);
  news_.wait_for(lock, round_every, [&] { return is_news_; });
  is_news_ = false;
}

void Bridge::hear() {
  try {
    for (const Heard& heard : bus_.take()) {
      known_.wishes.take(heard.topic, heard.record);
      known_.cursor = {heard.log_id, heard.position, heard.command_id};
      is_kept_ = false;
      is_new_source_ = is_new_source_ || heard.topic.starts_with("json/movie_sources/");
    }
  } catch (const events::Failure& failure) {
    if (failure.code() != events::Exit::refused) throw;
    throw events::Failure(
        events::Exit::refused,
        fmt::format(
            "{} The files in {} belong to the log as it was: nothing of them was touched. To go on with them under the "
            "log that is there now, start once with --adopt; else name another directory",
            failure.what(), options_.downloads.string()));
  }
  hear_answers();
}

void Bridge::hear_answers() {
  for (const Answered& answer : bus_.answers()) {
    (answer.refusal.empty() ? counters_.taken_commands : counters_.refused_commands).add();
    if (answer.download == no_download) {
      const auto observed = observed_.extract(answer.source);
      if (observed && answer.refusal.empty()) swarms_.told(observed.mapped());
      continue;
    }
    auto& way = under_way_[answer.download];
    way.is_answered = true;
    way.position = answer.position;
    if (answer.refusal.empty()) continue;
    way.until = Clock::now() + refused_again;
    if (std::exchange(refusals_[answer.download], answer.refusal) != answer.refusal)
      daemon_log::warn(fmt::format("a report of download {} was refused: {}", answer.download, answer.refusal));
  }
  std::erase_if(under_way_, [&](const auto& one) {
    return one.second.is_answered && one.second.position <= known_.cursor.position && Clock::now() >= one.second.until;
  });
}

void Bridge::round() {
  const auto seen = engine_.look();
  for (const auto& complaint : engine_.complaints()) daemon_log::warn(complaint);
  if (!bus_.has_caught_up()) return;
  begin_anew();
  forget_gone();
  look_at_whole();
  follow_checks();
  const Moment now = moment(seen);
  count(seen, now);
  const Decision decision = decide(known_.wishes, seen, options_.rules, now);
  tell(decision);
  for (const Order& order : decision.orders) obey(order);
  engine_.save_some();
  look_at_swarms();
  touch_read();
}

// What is seen of them is said; which there are is looked up now and then, for many come together.
void Bridge::look_at_swarms() {
  const int64_t now_us = events::now_us();
  for (const auto& seen : swarms_.take()) {
    observed_[seen.hash] = seen;
    bus_.send(no_download, command_of(seen, now_us, events::to_string(events::new_uuid())), seen.hash);
  }
  if (Clock::now() - planned_ >= plan_every) keep_plans();
  if (!is_new_source_ || Clock::now() - followed_ < follow_every) return;
  followed_ = Clock::now();
  is_new_source_ = false;
  std::map<std::string, std::string> magnets;
  for (const auto& [hash, source] : known_.wishes.sources()) magnets.emplace(hash, source.magnet);
  swarms_.follow(std::move(magnets));
}

// Checks of before this process are begun anew where none has ended them.
void Bridge::follow_checks() {
  std::set<std::string> wanted;
  for (const auto& [id, wish] : known_.wishes.downloads()) {
    wanted.insert(wish.hash);
    checks_.try_emplace(wish.hash, wish.is_checking ? 0 : wish.checks);
  }
  std::erase_if(checks_, [&](const auto& one) { return !wanted.contains(one.first); });
}

// Whoever may read the files may read where they are played.
void Bridge::show_player() {
  std::error_code ignored;
  std::filesystem::remove(keep_.address_to_play(), ignored);
  if (options_.play_endpoint == "none") return;
  player_.emplace(options_.play_endpoint, engine_.films());
  try {
    write_whole(keep_.address_to_play(), player_->address() + "\n");
  } catch (const events::StorageFull& full) {
    player_.reset();
    daemon_log::warn(fmt::format("nothing can be played until the next start: {}", full.what()));
  }
}

// What is read, or open, is used, however long ago somebody said so.
void Bridge::touch_read() {
  if (!player_) return;
  read_.merge(player_->read_lately());
  read_.merge(player_->open());
  const auto now = Clock::now();
  std::erase_if(read_touched_, [&](const auto& one) { return now - one.second >= touch_every; });
  std::erase_if(read_, [&](const std::string& hash) {
    if (!read_touched_.try_emplace(hash, now).second) return false;
    bus_.send(no_download, touch_of(hash, events::to_string(events::new_uuid())));
    return true;
  });
}

Moment Bridge::moment(const std::vector<Seen>& seen) {
  Moment moment{.now_us = events::now_us(), .free_bytes = keep_.free_bytes(), .is_ending = is_ending_};
  for (const auto& one : seen) {
    if (one.phase != Phase::whole) touched_.erase(one.hash);  // it is looked through
    auto& pace = paces_[one.hash];
    if (std::exchange(pace.done, one.done) != one.done) pace.moved = Clock::now();
    if (Clock::now() - pace.moved > stalled_after) moment.stalled.insert(one.hash);
  }
  std::erase_if(paces_, [&](const auto& pace) {
    return std::none_of(seen.begin(), seen.end(), [&](const Seen& one) { return one.hash == pace.first; });
  });
  moment.touched = touched_;
  moment.checks = checks_;
  if (player_) moment.open = player_->open();
  return moment;
}

void Bridge::count(const std::vector<Seen>& seen, const Moment& moment) {
  std::array<uint64_t, phases> transfers{};
  for (const auto& one : seen) ++transfers[static_cast<size_t>(one.phase)];
  for (size_t phase = 0; phase < phases; ++phase) counters_.transfers[phase].set(transfers[phase]);
  uint64_t waiting = 0;
  for (const auto& [id, wish] : known_.wishes.downloads())
    if (wish.status == Status::downloading && !engine_.is_there(wish.hash)) ++waiting;
  counters_.waiting_downloads.set(waiting);
  counters_.sources.set(known_.wishes.sources().size());
  counters_.received_bytes.set(engine_.traffic().received);
  counters_.sent_bytes.set(engine_.traffic().sent);
  counters_.position.set(known_.cursor.position);
  counters_.waiting_commands.set(bus_.waiting());
  counters_.free_bytes.set(moment.free_bytes);
}

void Bridge::tell(const Decision& decision) {
  for (const Report& report : decision.reports) {
    if (under_way_.contains(report.storage)) continue;
    under_way_[report.storage] = {};
    if (report.fault) counters_.failures[static_cast<size_t>(report.fault->kind)].add();
    if (report.fault)
      daemon_log::warn(
          fmt::format("download {} failed ({}): {}", report.storage, word_of(report.fault->kind), report.fault->words));
    bus_.send(report.storage, command_of(report, events::to_string(events::new_uuid())));
  }
}

void Bridge::obey(const Order& order) {
  const Source* source = known_.wishes.source(order.hash);
  const std::string magnet = source ? source->magnet : "";
  if (order.what == Order::Do::check || order.what == Order::Do::add_unchecked) {
    touched_.erase(order.hash);
    for (const auto& [id, wish] : known_.wishes.downloads())
      if (wish.hash == order.hash) checks_[order.hash] = wish.checks;
  }
  switch (order.what) {
    case Order::Do::add:
      return engine_.add(order.hash, magnet, trust_in(order.hash));
    case Order::Do::add_unchecked:
      return engine_.add(order.hash, magnet, Trust::nothing);
    case Order::Do::check:
      return engine_.check(order.hash);
    case Order::Do::drop:
      return engine_.drop(order.hash, Files::keep);
    case Order::Do::remove:
      return engine_.drop(order.hash, Files::remove);
  }
}

// Of another log's files nothing is believed that was saved with them.
Trust Bridge::trust_in(const std::string& hash) {
  return options_.is_adopting && adopted_.insert(hash).second ? Trust::nothing : Trust::saved;
}

// The whole log was folded, with the removals of years, whose downloads may have been started again since. It is
// written down before anything is begun, so that a later removal is seen as one.
void Bridge::begin_anew() {
  if (!is_anew_ || known_.cursor.position == 0) return;
  is_anew_ = false;
  known_.wishes.forget_all_gone();
  keep();
  if (!options_.is_adopting) return;
  // What is whole need not be begun otherwise.
  for (const auto& [id, wish] : known_.wishes.downloads()) {
    std::error_code fault;
    if (is_over(wish) && fs::exists(keep_.transfers() / wish.hash, fault)) touched_.insert(wish.hash);
  }
}

// What was dealt with is written down at once: read again, it would be of the download that is begun next.
void Bridge::forget_gone() {
  const auto gone = known_.wishes.gone();
  for (const auto& [hash, remains] : gone) {
    std::error_code fault;
    if (engine_.is_there(hash) || (remains == Remains::removed && fs::exists(keep_.transfers() / hash, fault)))
      continue;
    known_.wishes.forget(hash);
    is_kept_ = false;
  }
  if (known_.wishes.gone().size() < gone.size()) keep();
}

// What was whole once may have been changed by somebody.
void Bridge::look_at_whole() {
  if (Clock::now() - looked_ < std::chrono::seconds(options_.look_seconds)) return;
  looked_ = Clock::now();
  for (const auto& [id, wish] : known_.wishes.downloads()) {
    if (is_over(wish) && engine_.is_touched(wish.hash) && touched_.insert(wish.hash).second)
      daemon_log::warn(fmt::format("files of download {} are not what they were; they are looked through", id));
  }
}

void Bridge::keep_sometimes() {
  if (!is_kept_ && Clock::now() - kept_ >= keep_every) keep();
}

void Bridge::keep() {
  kept_ = Clock::now();
  try {
    keep_.write(known_.wishes, known_.cursor);
    is_kept_ = true;
  } catch (const events::StorageFull&) {
    // What is missing is read from the log again.
  }
}

// Without them, all sources are looked at again.
void Bridge::keep_plans() {
  planned_ = Clock::now();
  try {
    write_whole(keep_.plans(), swarms_.plans());
  } catch (const events::StorageFull&) {
    // The next time, when there is room.
  }
}

// Where nobody answers, the last values are told after the next start.
void Bridge::end() {
  is_ending_ = true;
  player_.reset();
  std::error_code ignored;
  std::filesystem::remove(keep_.address_to_play(), ignored);
  round();
  engine_.close(longest_close);
  bus_.finish(longest_last_reports);
  hear();
  keep();
  keep_plans();
}

}  // namespace catlog::torrent
