#include "events/schema/vocabulary.h"

#include <iostream>

#include <capnp/dynamic.h>
#include <fmt/format.h>

#include "bin/cli/endpoint.h"
#include "bin/cli/output.h"
#include "bin/cli/receipts.h"
#include "bin/cli/subcommand.h"
#include "events/client/client.h"
#include "events/error.h"
#include "events/schema/reference_form.h"

namespace catlog::cli {
namespace {

using events::Exit;
using events::Failure;

// "tmdb:603" is the field tmdbId where the reference has it; a number alone is an id; any other name is the one text by
// which the row is known.
void name(capnp::DynamicStruct::Builder reference, const std::string& word, const std::string& all) {
  const size_t colon = word.find(':');
  for (const auto field : reference.getSchema().getFields()) {
    const auto column = events::column_of(field);
    if (column.name == "createdBy") continue;
    const bool is_number = word.find_first_not_of("0123456789") == std::string::npos && !word.empty();
    const bool is_named = colon != std::string::npos && column.name == word.substr(0, colon) + "Id";
    const bool is_it = is_named || (column.name == "id" ? is_number
                                                        : column.kind == events::Kind::text && !is_number &&
                                                              colon == std::string::npos);
    const std::string value = is_named ? word.substr(colon + 1) : word;
    if (!is_it || value.empty()) continue;
    if (column.kind == events::Kind::text)
      return reference.set(field, capnp::Text::Reader(value.c_str(), value.size()));
    try {
      return reference.set(field, std::stoll(value));
    } catch (const std::exception&) {
      break;
    }
  }
  throw Failure(Exit::usage,
                fmt::format("{} names nothing: write it as movies/tmdb:603, users/ada or movies/42; anything "
                            "else is a lookUp for `catlog send` (`catlog describe lookUp`)",
                            all));
}

class VersionOf : public Subcommand {
 public:
  explicit VersionOf(Syntax parent)
      : Subcommand(parent.subcommand("version-of", "Ask the handler for a thing's row id, version and names")) {
    syntax()
        .option("thing", thing_, "movies/tmdb:603, movies/imdb:tt0133093, users/ada, movie_sources/HASH, movies/42")
        .required();
    syntax().option("--endpoint", endpoint_,
                    "Where the daemon listens (default: run/commands.ipc in the data directory)");
    wait_.add_option(syntax());
    syntax().footer(
        "The version is what expectedVersion is compared with. Answered behind all commands that the handler has "
        "taken,\n"
        "whether SQL has them or not. Exit 1 when there is no such thing.\n"
        "Example: catlog version-of movies/tmdb:603");
  }

  Exit run(const Settings& settings) override {
    capnp::MallocMessageBuilder message;
    auto command = message.initRoot<events::schema::Command>();
    fill(capnp::DynamicStruct::Builder(command.initLookUp()));
    const auto endpoint = wait_.endpoint(settings, "commands.ipc", endpoint_);
    events::Client client(endpoint, {.timeout = wait_.limit(), .keys = wait_.keys(endpoint)});
    const Answer answer = send_alone(client, command);
    show_json(answer.receipt);
    return answer.is_refused ? Exit::refused : Exit::ok;
  }

 private:
  void fill(capnp::DynamicStruct::Builder thing) const {
    const size_t slash = thing_.find('/');
    std::string tables;
    for (const auto field : thing.getSchema().getFields()) {
      const auto& table = events::model().entity(events::named_by(field.getType().asStruct())).table;
      tables += " " + table;
      if (table == thing_.substr(0, slash))
        return name(thing.init(field).as<capnp::DynamicStruct>(),
                    slash == std::string::npos ? std::string() : thing_.substr(slash + 1), thing_);
    }
    throw Failure(Exit::usage, fmt::format("{} is of no table that is looked up; those are{}", thing_, tables));
  }

  std::string thing_, endpoint_;
  Wait wait_;
};

}  // namespace

std::unique_ptr<Subcommand> make_version_of(Syntax parent) { return std::make_unique<VersionOf>(parent); }

}  // namespace catlog::cli
