#include "tests/support/housekeeping_year.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <stdexcept>
#include <vector>

#include <fmt/format.h>

#include "bin/housekeeping/housekeeping_options.h"
#include "events/text/datetime.h"
#include "events/text/uuid.h"
#include "projector/model/generations.h"
#include "projector/rebuild/as_of_cache.h"
#include "projector/rebuild/verify.h"
#include "projector/sqlite/optimize.h"
#include "store/backup/backup.h"
#include "store/check_tree.h"
#include "store/files/key_files.h"
#include "tests/support/catalogue_life.h"
#include "tests/support/commands.h"

namespace catlog::tests {

namespace fs = std::filesystem;
using events::Receipt;
using housekeeping::Answer;
using housekeeping::End;
using housekeeping::Outcome;
using housekeeping::Verdict;

namespace {

constexpr int64_t day_us = 24 * 3'600 * int64_t{1'000'000};
constexpr size_t commands_at_once = 512, watches_of_a_day = 6, sources_of_a_movie = 5;
constexpr projector::Position events_per_batch = 4'096;
constexpr int64_t token_days = 14;
constexpr int days_between_rebuilds = 30, days_between_moments = 10;

uint64_t bytes_in(const fs::path& folder) {
  uint64_t bytes = 0;
  if (!fs::exists(folder)) return 0;
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    if (entry.is_regular_file() && !entry.is_symlink()) bytes += entry.file_size();
  return bytes;
}

// As if it had been made then; of a link the link.
void date(const fs::path& file, int64_t us) {
  const timespec time{us / 1'000'000, us % 1'000'000 * 1'000}, both[] = {time, time};
  ::utimensat(AT_FDCWD, file.c_str(), both, AT_SYMLINK_NOFOLLOW);
}

housekeeping::Options options_of(const Growth& growth, const fs::path& backups, const fs::path& keys) {
  housekeeping::Options options;
  options.expire_tokens = "4h";
  options.purge_audit = "02:00";
  options.audit_info_days = static_cast<uint64_t>(growth.info_days);
  options.audit_warning_days = static_cast<uint64_t>(growth.warning_days);
  options.backup = "02:30";
  options.backup_directory = backups;
  options.backup_copies = growth.backup_copies;
  options.backup_keys = keys;
  options.verify = "sun 04:30";
  options.optimize = "04:20";
  return options;
}

}  // namespace

struct HousekeepingYear::Parts : housekeeping::Commands, housekeeping::Programs {
  Parts(const fs::path& in, const fs::path& backups_in, Growth with)
      : data(in), backups(backups_in), growth(with), life(in) {
    found();
    keeper = std::make_unique<housekeeping::Keeper>(
        events::DataDirectory(data).housekeeping(),
        housekeeping::make_chores(options_of(growth, backups, backups / "keys"), *this, *this, life.log()), now_us,
        housekeeping::Tell{[](const std::string& words) { throw std::runtime_error(words); }, {}});
  }

  void add(const std::string& content) {
    waiting.push_back(in_envelope(fmt::format("\"id\":\"{}\"", events::to_string(events::new_uuid())), content));
    if (waiting.size() == commands_at_once) send_waiting();
  }
  void send_waiting() {
    for (const Receipt& receipt : life.send(waiting, now_us))
      if (receipt.verdict == Receipt::Verdict::refused) throw std::runtime_error(receipt.refusal.message);
    waiting.clear();
    follow();
  }
  void follow() {
    life.fold();
    while (projected < life.log().head()) {
      life.project(events_per_batch);
      projected = std::min<uint64_t>(projected + events_per_batch, life.log().head());
    }
  }

  void found();
  void live_a_watch(size_t watch);
  void audit(size_t number);
  void ask_about_earlier();
  void rebuild();

  Answer send(std::string_view command) override;
  std::string clock_fault() override { return {}; }
  Outcome run(const std::vector<std::string>& arguments) override;
  Outcome back_up(const std::vector<std::string>& arguments);
  Outcome tidy(const std::vector<std::string>& arguments);

  std::string user(size_t number) const { return fmt::format("user{}", number % growth.users); }

  fs::path data, backups;
  Growth growth;
  Life life;
  int64_t now_us = events::parse_rfc3339("2026-01-01T00:00:00Z").value();
  std::vector<std::string> waiting;
  uint64_t projected = 0;
  size_t requests = 0, observations = 0, tokens = 0;
  int days = 0;
  std::unique_ptr<housekeeping::Keeper> keeper;
};

void HousekeepingYear::Parts::found() {
  for (size_t number = 0; number < growth.users; ++number) {
    add(user_fields(user(number)).as("registerUser"));
    add(trakt_fields(user(number)).as("linkTrakt"));
  }
  for (size_t number = 0; number < growth.sources; ++number) {
    const auto movie = static_cast<int64_t>(number / sources_of_a_movie + 1);
    if (number % sources_of_a_movie == 0) add(movie_fields(movie).as("putMovie"));
    add(source_fields(static_cast<int64_t>(number + 1), movie).as("addMovieSource"));
  }
  send_waiting();
}

void HousekeepingYear::Parts::audit(size_t number) {
  const size_t in_thousand = number * 7'919 % 1'000;
  const char* severity = in_thousand < 970   ? "INFO"
                         : in_thousand < 990 ? "WARNING"
                         : in_thousand < 999 ? "ERROR"
                                             : "CRITICAL";
  add(fmt::format(
      R"({{"recordAudit":{{"user":{},"action":"API_ACCESS","severity":"{}","resource":"/api/movies/{}",)"
      R"("ipAddress":"192.0.2.{}","userAgent":"Miauflix/1.0","metadata":"{{\"method\":\"GET\",\"ms\":{}}}"}}}})",
      user_ref(user(number)), severity, number % growth.sources, number % 250, number % 97));
}

void HousekeepingYear::Parts::live_a_watch(size_t watch) {
  const auto part_of = [watch](size_t a_day) {
    return a_day * (watch + 1) / watches_of_a_day - a_day * watch / watches_of_a_day;
  };
  for (size_t left = part_of(growth.requests_a_day); left > 0; --left) audit(requests++);
  for (size_t left = part_of(growth.observations_a_day); left > 0; --left, ++observations) {
    const size_t seeds = observations / growth.sources / 2 * 13 % 101;  // every other time as it was
    add(fmt::format(R"({{"observeSwarm":{{"source":{},"seeds":{},"peers":1}}}})",
                    source_ref(static_cast<int64_t>(observations % growth.sources + 1)), seeds));
  }
  for (size_t left = part_of(growth.users); left > 0; --left, ++tokens)
    add(token_fields(user(tokens), fmt::format("token-{}", tokens))
            .with("expiresAt", '"' + events::to_rfc3339(now_us + token_days * day_us) + '"')
            .as("issueRefreshToken"));
  send_waiting();
}

Answer HousekeepingYear::Parts::send(std::string_view command) {
  const std::string json(command);
  const Receipt receipt = life.send({&json, 1}, now_us).front();
  follow();
  if (receipt.verdict == Receipt::Verdict::unchanged) return {Verdict::unchanged, 0, {}};
  if (receipt.verdict == Receipt::Verdict::refused) return {Verdict::refused, 0, receipt.refusal.message};
  return {Verdict::accepted, receipt.effect.last - receipt.effect.first + 1, {}};
}

// As the programs do it, in this process.
Outcome HousekeepingYear::Parts::run(const std::vector<std::string>& arguments) {
  if (arguments.front() == "backup") return back_up(arguments);
  if (arguments.front() == "tidy") return tidy(arguments);
  if (arguments.front() == "optimize") {
    projector::optimize(fs::canonical(data / "readmodel" / "current.sqlite"));
    return {End::done, "optimized"};
  }
  const auto tree = store::check_tree(life.log(), projector::max_findings, {});
  if (!tree.findings.empty()) return {End::failed, tree.findings.front()};
  return {End::done, fmt::format("{} events are whole", tree.head.size)};
}

Outcome HousekeepingYear::Parts::back_up(const std::vector<std::string>& arguments) {
  const fs::path& folder = arguments.at(1);
  if (arguments.back() == "--verify")
    return {End::done, fmt::format("{} events are whole", store::verify_backup(folder).to)};
  store::back_up(life.log(), folder, {});
  store::copy_keys(data / "keys", arguments.at(3));
  return {End::done, "made"};
}

Outcome HousekeepingYear::Parts::tidy(const std::vector<std::string>& arguments) {
  const projector::AsOfCache kept(data / "readmodel" / "as-of");
  const size_t files = kept.remove_unused(now_us - std::stoll(arguments.at(2)) * day_us).files;
  const projector::Generations generations(data / "readmodel");
  const size_t earlier = generations.forget_older_than(now_us - std::stoll(arguments.at(4)) * day_us);
  generations.remove_unused();
  return {End::done, fmt::format("{} files, {} generations", files, earlier)};
}

// Somebody has a report of last night made.
void HousekeepingYear::Parts::ask_about_earlier() {
  const projector::AsOfCache kept(data / "readmodel" / "as-of");
  if (!kept.is_writable()) throw std::runtime_error("the folder of as-of files cannot be made");
  date(kept.file(life.log(), projector::Quarantine(life.log().id()), life.log().head()).path(), now_us);
}

void HousekeepingYear::Parts::rebuild() {
  life.rebuild();
  date(data / "readmodel" / "previous.sqlite", now_us);
}

HousekeepingYear::HousekeepingYear(const fs::path& data, const fs::path& backups, Growth growth)
    : parts_(std::make_unique<Parts>(data, backups, growth)) {}
HousekeepingYear::~HousekeepingYear() = default;

void HousekeepingYear::live_a_day() {
  for (size_t watch = 0; watch < watches_of_a_day; ++watch) {
    parts_->live_a_watch(watch);
    const int64_t end_us = parts_->now_us + day_us / static_cast<int64_t>(watches_of_a_day);
    while (parts_->now_us < end_us) {
      const auto next = parts_->keeper->look(parts_->now_us);
      parts_->now_us = std::clamp(next.value_or(end_us), parts_->now_us, end_us);
    }
  }
  ++parts_->days;
  if (parts_->days % days_between_moments == 0) parts_->ask_about_earlier();
  if (parts_->days % days_between_rebuilds == 0) parts_->rebuild();
  parts_->life.flush();
  parts_->life.checkpoint();
}

int64_t HousekeepingYear::now_us() const { return parts_->now_us; }

HousekeepingYear::Runs HousekeepingYear::runs(const std::string& task) const {
  for (const auto& counters : parts_->keeper->counters())
    if (counters->task == task) return {counters->runs, counters->failed_runs};
  return {};
}

std::string HousekeepingYear::difference() {
  const auto& log = parts_->life.log();
  const auto read_model = parts_->data / "readmodel";
  const auto found = projector::verify_read_model(log, projector::Quarantine(log.id()), read_model, read_model,
                                                  projector::Depth::digests);
  if (!found.findings.empty()) return found.findings.front();
  return found.checked == log.head() ? "" : fmt::format("it stands at {} of {}", found.checked, log.head());
}

Sizes HousekeepingYear::sizes() const {
  const fs::path& data = parts_->data;
  Sizes sizes;
  sizes.events = parts_->life.log().head();
  const projector::Database live(fs::canonical(data / "readmodel" / "current.sqlite"), projector::Open::read);
  projector::Statement rows(live, "SELECT sum(rowCount) FROM projection_digests");
  if (rows.step()) sizes.rows = static_cast<uint64_t>(rows.integer(0));
  sizes.log = bytes_in(data / "log");
  sizes.state = bytes_in(data / "state");
  sizes.as_of_files = bytes_in(data / "readmodel" / "as-of");
  sizes.read_models = bytes_in(data / "readmodel") - sizes.as_of_files;
  sizes.keys = bytes_in(data / "keys");
  sizes.backups = bytes_in(parts_->backups) - bytes_in(parts_->backups / "keys");
  sizes.record = fs::file_size(data / "housekeeping.json");
  return sizes;
}

std::string may_grow_table() {
  return fmt::format(
      "| `log/` | {} bytes an event |\n"
      "| `state/` | {} bytes a row of the read model, and {} an event |\n"
      "| `readmodel/gen-*` | {} bytes a row, each of two generations; its WAL {} MiB |\n"
      "| `readmodel/as-of/` | 4 GiB, 8 files |\n"
      "| backups | {} bytes an event, each of `backup-copies` |\n"
      "| `keys/` | {} bytes a user who links Trakt |\n"
      "| `housekeeping.json` | {} bytes |\n",
      MayGrow::log_bytes_an_event, MayGrow::state_bytes_a_row, MayGrow::state_bytes_an_event,
      MayGrow::read_model_bytes_a_row, MayGrow::wal_bytes >> 20, MayGrow::backup_bytes_an_event,
      MayGrow::key_bytes_a_user, MayGrow::record_bytes);
}

std::string beyond(const Sizes& sizes, const Growth& growth) {
  struct Line {
    const char* what;
    uint64_t is, may;
  };
  const Line lines[] = {
      {"log", sizes.log, sizes.events * MayGrow::log_bytes_an_event},
      {"state", sizes.state, sizes.rows * MayGrow::state_bytes_a_row + sizes.events * MayGrow::state_bytes_an_event},
      {"read models", sizes.read_models, 2 * sizes.rows * MayGrow::read_model_bytes_a_row + MayGrow::wal_bytes},
      {"as-of files", sizes.as_of_files, projector::as_of_bytes_kept},
      {"backups", sizes.backups, growth.backup_copies * sizes.events * MayGrow::backup_bytes_an_event},
      {"keys", sizes.keys, growth.users * MayGrow::key_bytes_a_user},
      {"record", sizes.record, MayGrow::record_bytes}};
  for (const auto& [what, is, may] : lines)
    if (is > may) return fmt::format("{}: {} bytes, more than {}", what, is, may);
  return {};
}

std::string to_text(const Sizes& sizes) {
  const auto mb = [](uint64_t bytes) { return fmt::format("{:.1f} MB", static_cast<double>(bytes) / 1e6); };
  return fmt::format(
      "{} events, {} rows; log {}, state {}, read models {}, as-of files {}, backups {}, keys {} bytes, record {} "
      "bytes",
      sizes.events, sizes.rows, mb(sizes.log), mb(sizes.state), mb(sizes.read_models), mb(sizes.as_of_files),
      mb(sizes.backups), sizes.keys, sizes.record);
}

}  // namespace catlog::tests
