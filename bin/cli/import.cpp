#include <iostream>
#include <optional>

#include <fmt/format.h>

#include "bin/cli/endpoint.h"
#include "bin/cli/progress.h"
#include "bin/cli/subcommand.h"
#include "commandhandler/client.h"
#include "commandhandler/import/import.h"

namespace catlog::cli {
namespace {

using commandhandler::importing::Report;
using commandhandler::importing::Tally;
using events::Exit;

std::string to_json(const Tally& tally) {
  return fmt::format(R"("accepted":{},"unchanged":{},"refused":{})", tally.accepted, tally.unchanged, tally.refused);
}

// Names of commands need no escaping.
std::string to_json(const Report& report, const Tally& all) {
  std::string commands;
  for (const auto& [name, tally] : report.commands)
    commands += fmt::format(R"({}"{}":{{{}}})", commands.empty() ? "" : ",", name, to_json(tally));
  return fmt::format(R"({{"files":{},{},"unanswered":{},"problems":{},"commands":{{{}}}}})", report.files, to_json(all),
                     report.unanswered, report.problems.size(), commands);
}

Tally total(const Report& report) {
  Tally all;
  for (const auto& [name, tally] : report.commands) {
    all.accepted += tally.accepted;
    all.unchanged += tally.unchanged;
    all.refused += tally.refused;
  }
  return all;
}

class Import : public Subcommand {
 public:
  explicit Import(Syntax parent)
      : Subcommand(parent.subcommand("import", "Import API responses, files or folders, through the bus")) {
    syntax().needs_subcommand();
    syntax().footer("Example: catlog import tmdb responses/tmdb");
    tmdb_.emplace(add_source("tmdb", "Movies, shows, seasons, episodes, genres and translations as TMDB gives them",
                             "Example: catlog import tmdb responses/tmdb"));
    add_source("yts", "Torrents of movies that are there already, as YTS gives them",
               "Example: catlog import yts responses/yts");
  }

  Exit run(const Settings& settings) override {
    commandhandler::Client client(wait_.endpoint(settings, "commands.ipc", endpoint_), {.timeout = wait_.limit()});
    ProgressBar bar("importing");
    const auto progress = [&bar](size_t done, size_t count) { bar.update(done, count); };
    const Report report = tmdb_->is_given() ? commandhandler::importing::import_tmdb(client, paths_, progress)
                                            : commandhandler::importing::import_yts(client, paths_, progress);
    bar.clear();
    for (const auto& problem : report.problems) fmt::print(stderr, "{}: {}\n", problem.file, problem.reason);
    const Tally all = total(report);
    fmt::print(stderr, "{} files: {} accepted, {} unchanged, {} refused; {} problems\n", report.files, all.accepted,
               all.unchanged, all.refused, report.problems.size());
    std::cout << to_json(report, all) << '\n';
    if (!report.interrupted.empty())
      throw events::Failure(Exit::unreachable,
                            fmt::format("{}. The import is not complete: {} of its commands have no answer; import the "
                                        "same again to complete it",
                                        report.interrupted, report.unanswered));
    return is_strict_ && !report.problems.empty() ? Exit::refused : Exit::ok;
  }

 private:
  Syntax add_source(const std::string& name, const std::string& about, const std::string& example) {
    Syntax source = syntax().subcommand(name, about);
    source.option("path", paths_, "Files, or folders with *.json in them").required().existing_path();
    source.flag("--strict", is_strict_, "Exit 1 when something could not be imported");
    source.option("--endpoint", endpoint_, "Where the daemon listens (default: run/commands.ipc)");
    source.option("--wait-s", wait_.seconds, Wait::about).between(0, Wait::longest);
    source.footer("What cannot be imported is listed with its reason, and the rest goes on; doing it again is safe.\n" +
                  example);
    return source;
  }

  std::optional<Syntax> tmdb_;
  std::vector<std::string> paths_;
  std::string endpoint_;
  Wait wait_;
  bool is_strict_ = false;
};

}  // namespace

std::unique_ptr<Subcommand> make_import(Syntax parent) { return std::make_unique<Import>(parent); }

}  // namespace catlog::cli
