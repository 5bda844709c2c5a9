#include <ranges>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "bin/cli/open.h"
#include "bin/cli/output.h"
#include "bin/cli/subcommand.h"
#include "events/text/datetime.h"
#include "projector/model/generations.h"
#include "projector/rebuild/as_of_cache.h"
#include "projector/sqlite/optimize.h"

namespace catlog::cli {
namespace {

using events::Exit;

constexpr int64_t us_a_day = 24 * 3'600 * int64_t{1'000'000};
constexpr uint64_t longest_days = 36'500;

class Tidy : public Subcommand {
 public:
  explicit Tidy(Syntax parent)
      : Subcommand(parent.subcommand("tidy", "Remove read models that nobody has asked for in a while")) {
    syntax()
        .option("--as-of-days", as_of_days_,
                "How long a file that --as-of made stays unasked; 0: as long as there is room")
        .between(0, longest_days)
        .shows_default();
    syntax()
        .option("--generation-days", generation_days_,
                "How long the way back of the last rebuild stays, and a migration's copy; 0: until the next rebuild")
        .between(0, longest_days)
        .shows_default();
    syntax().footer(
        "The daemon may run. Nothing is removed that somebody has open; all of it can be made again from the log.\n"
        "Example: catlog tidy --generation-days 7");
  }

  Exit run(const Settings& settings) override {
    require_log(settings);
    projector::Removal as_of;
    if (as_of_days_ != 0) as_of = projector::AsOfCache(settings.data.as_of()).remove_unused(days_ago(as_of_days_));
    // What cannot be removed keeps nothing else from going.
    std::vector<std::string> refused = std::move(as_of.refused);
    size_t generations = 0, in_use = 0;
    if (std::filesystem::exists(settings.data.read_model())) {
      const projector::Generations all(settings.data.read_model(),
                                       [&refused](const std::string& words) { refused.push_back(words); });
      try {
        if (generation_days_ != 0) generations = all.forget_older_than(days_ago(generation_days_));
        in_use = all.remove_unused().size();
      } catch (const events::Failure& failure) {  // neither goes on without the lock, and the link's folder
        refused.emplace_back(failure.what());
      } catch (const events::StorageFull& full) {
        refused.emplace_back(full.what());
      }
    }
    tell("{} as-of files and {} earlier read models were removed; {} are kept because a process has them open\n",
         as_of.files, generations, in_use);
    if (!refused.empty()) throw events::Failure(Exit::failure, all_of(std::move(refused)));
    return Exit::ok;
  }

 private:
  // The last is the sentence that it ends with.
  static std::string all_of(std::vector<std::string> refused) {
    for (const std::string& each : refused | std::views::take(refused.size() - 1)) tell("{}\n", each);
    return std::move(refused.back());
  }
  static int64_t days_ago(uint64_t days) { return events::now_us() - static_cast<int64_t>(days) * us_a_day; }

  uint64_t as_of_days_ = 14, generation_days_ = 30;
};

class Optimize : public Subcommand {
 public:
  explicit Optimize(Syntax parent)
      : Subcommand(parent.subcommand("optimize", "Have SQLite look at how the read model's indexes are spread")) {
    syntax().footer(
        "The daemon may run; it and readers wait some milliseconds. SQLite plans statements by it, until a rebuild.\n"
        "Example: catlog optimize");
  }

  Exit run(const Settings& settings) override {
    require_read_model(settings);
    const auto live = settings.data.current_read_model();
    projector::optimize(std::filesystem::canonical(live));
    tell("{} has statistics of its indexes now\n", live.string());
    return Exit::ok;
  }
};

}  // namespace

std::unique_ptr<Subcommand> make_tidy(Syntax parent) { return std::make_unique<Tidy>(parent); }
std::unique_ptr<Subcommand> make_optimize(Syntax parent) { return std::make_unique<Optimize>(parent); }

}  // namespace catlog::cli
