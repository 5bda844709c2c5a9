#include <iostream>
#include <optional>

#include <fmt/format.h>

#include "bin/cli/endpoint.h"
#include "bin/cli/interruption.h"
#include "bin/cli/output.h"
#include "bin/cli/progress.h"
#include "bin/cli/subcommand.h"
#include "bin/cli/trackers.h"
#include "commandhandler/import/import.h"
#include "events/client/client.h"
#include "events/text/json_text.h"
#include "events/text/printable.h"

namespace catlog::cli {
namespace {

using commandhandler::importing::Result;
using commandhandler::importing::Tally;
using events::Exit;

std::string to_json(const Tally& tally) {
  return fmt::format(R"("accepted":{},"unchanged":{},"refused":{})", tally.accepted, tally.unchanged, tally.refused);
}

// Names of commands need no escaping.
std::string to_json(const Result& report, const Tally& all) {
  std::string commands, notes;
  for (const std::string& note : report.notes) {
    if (!notes.empty()) notes += ',';
    events::write_json_text(note, notes);
  }
  std::string correlation_id;
  events::write_json_text(report.correlation_id, correlation_id);
  for (const auto& [name, tally] : report.commands)
    commands += fmt::format(R"({}"{}":{{{}}})", commands.empty() ? "" : ",", name, to_json(tally));
  return fmt::format(
      R"({{"correlationId":{},"files":{},{},"unanswered":{},"unsent":{},"problems":{},"notes":[{}],"commands":{{{}}}}})",
      correlation_id, report.files, to_json(all), report.unanswered, report.unsent, report.problems.size(), notes,
      commands);
}

Tally total(const Result& report) {
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
    tmdb_.emplace(
        add_source("tmdb", "Movies, shows, seasons, episodes, genres and translations as TMDB gives them",
                   "Language of genre lists whose file (genres.fr.json) or folder (fr/) does not say it",
                   "A show's document describes its seasons, a season's its episodes, whichever comes first.\n"
                   "Example: catlog import tmdb responses/tmdb"));
    auto yts = add_source("yts", "Torrents of movies that are there already, as YTS gives them",
                          "Language of movies whose `language` is none that is known",
                          "Its lists name no trackers: without --tracker a torrent is found by the DHT only.\n"
                          "Example: catlog import yts --tracker udp://tracker.example:1337 responses/yts");
    add_tracker_option(yts, trackers_, "A tracker of all torrents that are new");
  }

  Exit run(const Settings& settings) override {
    outlive_readers();
    const auto wanted = options();
    const auto endpoint = wait_.endpoint(settings, "commands.ipc", endpoint_);
    std::optional<Interruption> interruption;
    events::Client client(endpoint, {.timeout = wait_.limit(),
                                     .pack = events::usual_pack,
                                     .keys = wait_.keys(endpoint),
                                     .before_waiting = [&interruption] {
                                       // Until something is sent there is nothing to say.
                                       if (!interruption) interruption.emplace();
                                       Interruption::look();
                                     }});
    ProgressBar bar("importing");
    const auto progress = [&bar](size_t done, size_t count) { bar.update(done, count); };
    const Result report = tmdb_->is_given() ? commandhandler::importing::import_tmdb(client, paths_, progress, wanted)
                                            : commandhandler::importing::import_yts(client, paths_, progress, wanted);
    bar.clear();
    const Tally all = total(report);
    print(report, all);
    show_json(to_json(report, all) + '\n');
    if (!report.interrupted.empty())
      throw events::Failure(Exit::unreachable,
                            fmt::format("{}. The import is not complete: {} of its commands have no answer, {} were "
                                        "never sent; import the same again to complete it",
                                        report.interrupted, report.unanswered, report.unsent));
    if (report.documents == 0 && !report.problems.empty()) {
      tell("catlog: nothing is imported: {}\n", what_was_expected(report));
      return report.files == 0 ? Exit::usage : Exit::refused;
    }
    if (all.refused > 0 && all.accepted == 0 && all.unchanged == 0) {
      tell("catlog: nothing is imported: each of {} commands was refused\n", all.refused);
      return Exit::refused;
    }
    return is_strict_ && !report.problems.empty() ? Exit::refused : Exit::ok;
  }

 private:
  std::string what_was_expected(const Result& report) const {
    return fmt::format(
        "none of {} files holds {}. A file is a JSON object as it was answered, or an array of such", report.files,
        tmdb_->is_given()
            ? "what TMDB answers: a movie (/movie/ID), a show (/tv/ID), a season (/tv/ID/season/N) or a "
              "genre list (/genre/movie/list)"
            : "what YTS answers: `data` with `movies` (list_movies.json) or `movie` (movie_details.json)");
  }

  static void print(const Result& report, const Tally& all) {
    for (const auto& problem : report.problems)
      tell("{}\n", events::printable(fmt::format("{}: {}", problem.file, problem.reason)));
    for (const std::string& note : report.notes) tell("{}\n", events::printable("note: " + note));
    tell("{} files: {} accepted, {} unchanged, {} refused; {} problems; correlation {}\n", report.files, all.accepted,
         all.unchanged, all.refused, report.problems.size(), events::printable(report.correlation_id));
  }

  commandhandler::importing::Options options() const {
    check_trackers(trackers_);
    commandhandler::importing::Options wanted{correlation_id_, {}, trackers_};
    if (language_.empty()) return wanted;
    wanted.language = commandhandler::importing::read_language(language_);
    if (!wanted.language)
      throw events::Failure(
          Exit::usage,
          fmt::format("--language {}: no language that is known; give one of ISO 639, such as en or pt-BR", language_));
    return wanted;
  }

  Syntax add_source(const std::string& name, const std::string& about, const std::string& language_about,
                    const std::string& example) {
    Syntax source = syntax().subcommand(name, about);
    source.option("path", paths_, "Files, or folders with *.json and *.json.gz in them").required().existing_path();
    source.flag("--strict", is_strict_, "Exit 1 when anything could not be imported");
    source.option("--language", language_, language_about);
    source.option("--correlation", correlation_id_, "Correlation id of all its commands (default: a new UUID)");
    source.option("--endpoint", endpoint_, "Where the daemon listens (default: run/commands.ipc)");
    wait_.add_option(source);
    source.footer(
        "What cannot be imported is listed with its reason, and the rest goes on; doing it again is safe.\n"
        "Exit 0 when anything was taken or was there already, or there is nothing in the files to take ([]); 1 when\n"
        "every command was refused, or no file holds anything of it; 2 when there is no file.\n" +
        example);
    return source;
  }

  std::optional<Syntax> tmdb_;
  std::vector<std::string> paths_, trackers_;
  std::string endpoint_, correlation_id_, language_;
  Wait wait_;
  bool is_strict_ = false;
};

}  // namespace

std::unique_ptr<Subcommand> make_import(Syntax parent) { return std::make_unique<Import>(parent); }

}  // namespace catlog::cli
