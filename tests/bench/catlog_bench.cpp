// Measures catlog beside its raw limits and prints one table.
#include <cmath>
#include <cstdio>
#include <fstream>
#include <functional>
#include <utility>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "events/bus/connections.h"
#include "events/error.h"
#include "events/text/datetime.h"
#include "projector/projector_loop.h"
#include "store/files/durable_file.h"
#include "store/read_all.h"
#include "tests/bench/document.h"
#include "tests/bench/figures.h"
#include "tests/bench/statistics.h"

namespace {

using catlog::bench::Counts;
using catlog::bench::Encoding;
using catlog::bench::Figures;
using catlog::bench::Measurement;
using catlog::bench::Table;
using catlog::events::Exit;
using catlog::events::Failure;
namespace fs = std::filesystem;

constexpr Counts quick_counts{.existing = 1'000,
                              .loaded = 4'000,
                              .waited = 60,
                              .waited_by_many = 1'000,
                              .seen = 20,
                              .titles = 1'000,
                              .rebuilt = 6'000,
                              .then = 20'000,
                              .decided = 10'000,
                              .shorter_log = 15'000,
                              .many_streams = 20'000,
                              .longer_log = 30'000,
                              .reported = 2'000,
                              .sent_before_kill = 2'000,
                              .loaded_for_memory = 2'000,
                              .settles = std::chrono::seconds(1),
                              .watched_idle = std::chrono::seconds(1),
                              .long_readers = std::chrono::seconds(1),
                              .csv_rows = 20'000,
                              .greedy = 1,
                              .limit_s = 1,
                              .film_bytes = 16 << 20,
                              .swarms = 100,
                              .transfers = 5,
                              .played_mib = 4};
constexpr int quick_runs = 1;
constexpr int usual_runs = 5;
constexpr size_t max_document_bytes = 1 << 20;
constexpr mode_t readable_file = 0644;

struct Options {
  fs::path directory;
  std::string only;
  bool with_long_ones = false;
  double minutes = 0;  // 0: as long as usual
  size_t rate = Counts().changes_a_second;
  size_t streams = Counts().many_streams;
  int runs = 0;
  bool is_quick = false;
  fs::path document;  // that gets the table too; none: empty
  std::string commit;
};

// by_name: takes minutes, or several GB, and is not in a run of all.
enum class Asked { in_all, by_name };

struct Named {
  const char* name;
  std::function<void(Figures&)> measure;
  Asked asked = Asked::in_all;
};

const std::vector<Named>& all_figures() {
  static const std::vector<Named> all{
      {"capnp-32", [](Figures& figures) { figures.many(Encoding::capnp); }},
      {"json-32", [](Figures& figures) { figures.many(Encoding::json); }},
      {"capnp-1", [](Figures& figures) { figures.one(Encoding::capnp); }},
      {"json-1", [](Figures& figures) { figures.one(Encoding::json); }},
      {"packs", [](Figures& figures) { figures.packs(); }},
      {"waiting-32", [](Figures& figures) { figures.many_waiting(); }},
      {"timeline", [](Figures& figures) { figures.timeline(); }},
      {"titles", [](Figures& figures) { figures.titles(); }},
      {"curve", [](Figures& figures) { figures.curve(); }},
      {"floods", [](Figures& figures) { figures.floods(); }, Asked::by_name},
      {"clients", [](Figures& figures) { figures.clients(); }, Asked::by_name},
      {"rebuild", [](Figures& figures) { figures.rebuild(); }},
      {"rebuild-inserts", [](Figures& figures) { figures.rebuild_inserts(); }},
      {"rebuild-updates", [](Figures& figures) { figures.rebuild_updates(); }},
      {"as-of", [](Figures& figures) { figures.as_of(); }, Asked::by_name},
      {"projection", [](Figures& figures) { figures.projection(); }},
      {"readers", [](Figures& figures) { figures.readers(); }},
      {"readers-long", [](Figures& figures) { figures.readers_long(); }, Asked::by_name},
      {"one-reader-long", [](Figures& figures) { figures.one_reader_long(); }, Asked::by_name},
      {"reader-indexes", [](Figures& figures) { figures.reader_indexes(); }},
      {"each-reader-index", [](Figures& figures) { figures.each_reader_index(); }, Asked::by_name},
      {"reports", [](Figures& figures) { figures.reports(); }, Asked::by_name},
      {"in-process", [](Figures& figures) { figures.in_process(); }},
      {"tree", [](Figures& figures) { figures.tree(); }},
      {"in-process-10m", [](Figures& figures) { figures.many_streams(); }, Asked::by_name},
      {"replay", [](Figures& figures) { figures.replay(); }},
      {"feed", [](Figures& figures) { figures.feed(); }},
      {"change", [](Figures& figures) { figures.change(); }},
      {"reopen", [](Figures& figures) { figures.reopen(); }},
      {"memory", [](Figures& figures) { figures.memory(); }},
      {"scrape", [](Figures& figures) { figures.scrape(); }},
      {"idle", [](Figures& figures) { figures.idle(); }},
      {"play", [](Figures& figures) { figures.play(); }, Asked::by_name},
      {"csv", [](Figures& figures) { figures.csv(); }},
      {"torrent", [](Figures& figures) { figures.torrent(); }},
      {"limits", [](Figures& figures) { figures.limits(); }, Asked::by_name},
  };
  return all;
}

fs::path program_directory() { return fs::read_symlink("/proc/self/exe").parent_path(); }

void print(const Measurement& measurement, const Table& table) {
  const auto& machine = measurement.machine;
  fmt::print("{}, {} cores, {}, data on {}; medians of {} runs\n\n{}", machine.processor, machine.cores, machine.kernel,
             machine.file_system, measurement.runs, table.text());
  std::fflush(stdout);
}

std::string document_in(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  auto document = catlog::store::read_all(file, max_document_bytes);
  if (!document) throw Failure(Exit::usage, fmt::format("{} cannot be read", path.string()));
  return *document;
}

void write(const fs::path& path, const Measurement& measurement, const Table& table) {
  const auto document = catlog::bench::with_figures(document_in(path), catlog::bench::markdown_of(measurement, table));
  catlog::store::write_durably(path, document, readable_file);
}

std::string today() {
  return catlog::events::to_rfc3339(catlog::events::now_us()).substr(0, std::string_view("2026-11-28").size());
}

bool is_asked(const Options& options, std::string_view name, Asked asked) {
  if (!options.only.empty()) return options.only == name;
  return options.with_long_ones || asked == Asked::in_all;
}

Counts counts_of(const Options& options) {
  Counts counts = options.is_quick ? quick_counts : Counts();
  counts.changes_a_second = options.rate;
  if (!options.is_quick) counts.many_streams = options.streams;
  if (options.minutes > 0) counts.long_readers = std::chrono::seconds(std::lround(options.minutes * 60));
  return counts;
}

// One run of every figure after the other, so that a slow minute of the machine hits them all and not one.
void measure(const Options& options, const catlog::bench::Interrupt& interrupt) {
  catlog::bench::Scratch scratch(options.directory);
  // A document without a place for the table is told of before measuring, not after it.
  if (!options.document.empty()) catlog::bench::with_figures(document_in(options.document), "");
  const Measurement measurement{catlog::bench::machine_with(scratch.path()), options.runs, options.only, options.commit,
                                today()};
  Table table;
  Figures figures(program_directory() / "catlogd", scratch, counts_of(options), table, interrupt);
  for (int run = 1; run <= options.runs; ++run) {
    for (const auto& [name, measure_one, asked] : all_figures()) {
      if (!is_asked(options, name, asked)) continue;
      fmt::print(stderr, "run {} of {}: {}\n", run, options.runs, name);
      const double seconds = catlog::bench::seconds_of([&] { measure_one(figures); });
      fmt::print(stderr, "   {:.1f} s\n", seconds);
      interrupt.check();
    }
  }
  figures.stop();
  print(measurement, table);
  if (!options.document.empty()) write(options.document, measurement, table);
}

int fail(Exit code, const char* what) {
  fmt::print(stderr, "catlog-bench: {}\n", what);
  return static_cast<int>(code);
}

}  // namespace

int main(int argc, char** argv) {
  catlog::projector::begin_process();  // what is projected here costs what it costs catlogd
  catlog::events::raise_descriptor_limit();
  Options options;
  options.directory = program_directory().parent_path();
  std::vector<std::string> names, long_ones;
  for (const auto& figure : all_figures()) {
    names.emplace_back(figure.name);
    if (figure.asked == Asked::by_name) long_ones.emplace_back(figure.name);
  }
  CLI::App app("catlog-bench: measures catlog, each figure next to its raw limit of the same run.");
  app.footer("Example: ops/bench --only capnp-32 --runs 3");
  app.add_option("--dir", options.directory, "where its data goes: on the disk to be measured")->capture_default_str();
  app.add_option("--only", options.only,
                 fmt::format("one group of figures; {} (minutes, several GB) are not in a run of all",
                             fmt::join(long_ones, ", ")))
      ->check(CLI::IsMember(names));
  app.add_flag("--all", options.with_long_ones, "those too, where there is no --only");
  app.add_option("--minutes", options.minutes, "how long readers-long and one-reader-long take (10)")
      ->check(CLI::Range(0.1, 24.0 * 60));
  app.add_option("--rate", options.rate, "commands a second of change, where a daemon can take them")
      ->check(CLI::Range(100, 1'000'000))
      ->capture_default_str();
  app.add_option("--streams", options.streams, "how many in-process-10m has, where there is less room or time")
      ->check(CLI::Range(10'000, 100'000'000))
      ->capture_default_str();
  auto* runs = app.add_option("--runs", options.runs, fmt::format("how often each is measured ({})", usual_runs));
  runs->check(CLI::Range(1, 100));
  auto* quick =
      app.add_flag("--quick", options.is_quick, "once and with small counts: shows that it works, measures nothing");
  app.add_option("--write", options.document,
                 "a Markdown document that gets the table, between the two lines that say so (ops/bench names it)")
      ->excludes(quick);
  app.add_option("--commit", options.commit, "what is measured, for --write")->default_val("unknown");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : static_cast<int>(Exit::usage);
  }
  if (options.runs == 0) options.runs = options.is_quick ? quick_runs : usual_runs;
  try {
    const catlog::bench::Interrupt interrupt;
    measure(options, interrupt);
  } catch (const Failure& failure) {
    return fail(failure.code(), failure.what());
  } catch (const std::exception& exception) {
    return fail(Exit::failure, exception.what());
  }
  return 0;
}
