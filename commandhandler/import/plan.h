#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <capnp/message.h>

#include "events/vocabulary.h"

namespace catlog::commandhandler::importing {

// What could not be imported: a file and a sentence on why. The rest goes on.
struct Problem {
  std::string file;
  std::string reason;
};

// Whether a thing that is in the catalogue already is left as it is (the command has expectedVersion 0, and
// `versionConflict` is no problem) or brought up to date.
enum class Existing { updated, left };

// A command made from a document, with what a problem report needs. Its id is unset.
class Planned {
 public:
  explicit Planned(std::string file, std::string what = {});
  events::schema::Command::Builder command() { return message_->getRoot<events::schema::Command>(); }
  events::schema::Command::Reader command() const;
  // The member of the command union: "putMovie".
  std::string_view name() const;
  const std::string& file() const { return file_; }
  // The thing, in words: "movie 603 es". Equal for commands about the same thing only.
  const std::string& what() const { return what_; }
  void set_what(std::string what) { what_ = std::move(what); }
  Existing existing() const;

 private:
  std::unique_ptr<capnp::MallocMessageBuilder> message_;
  std::string file_, what_;
};

// Commands in the order in which they are to be sent, and what was left out of them.
struct Plan {
  std::vector<Planned> commands;
  std::vector<Problem> problems;
};

// Owners stand before what refers to them.
enum class Stage {
  genres,
  genre_translations,
  movies,
  movie_translations,
  shows,
  show_translations,
  seasons,
  episodes
};
constexpr size_t stages = 8;

// Collects commands by stage, one for each thing: the first counts, and a later one that says something else becomes
// a problem, so that an import that is repeated changes nothing.
class PlanBuilder {
 public:
  void add(Stage stage, Planned planned);
  bool has(const std::string& what) const { return places_.contains(what); }
  void report(const std::string& file, std::string reason) { problems_.push_back({file, std::move(reason)}); }
  Plan finish() &&;

 private:
  struct Place {
    Stage stage;
    size_t at;
  };
  std::vector<Planned> commands_[stages];
  std::unordered_map<std::string, Place> places_;
  std::vector<Problem> problems_;
};

// The receipt of one command, in values.
struct Outcome {
  enum class Verdict { accepted, unchanged, refused };
  Verdict verdict = Verdict::refused;
  events::schema::RefusalCode code = events::schema::RefusalCode::UNSET;
  std::string field, message;
};

Outcome outcome_of(events::schema::Receipt::Reader receipt, Existing existing);
// "notFound" and so on.
std::string_view spelling_of(events::schema::RefusalCode code);
// Whether the daemon had no room or time, whatever the command said.
bool is_passing(const Outcome& outcome);

}  // namespace catlog::commandhandler::importing
