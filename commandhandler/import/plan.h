#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <capnp/message.h>

#include "events/schema/vocabulary.h"

namespace catlog::commandhandler::importing {

// What could not be imported: a file and a sentence on why. The rest goes on.
struct Problem {
  std::string file;
  std::string reason;
};

constexpr int64_t any_version = -1;  // as expectedVersion

// What a command's document knows of its thing. A whole one brings up to date what is in the catalogue. The others
// only create what is not there yet (the command has expectedVersion 0, and `versionConflict` is no problem), so that
// it makes no difference which comes first.
enum class Weight {
  whole,
  partial,          // a document that lacks some of the members that TMDB gives
  season_document,  // of a season: what its show's document says of it counts
  other_region,     // a name in another region's language: the language's own counts
  placeholder,      // knows little more than that there is such a thing
};

// A command made from a document, with what a Problem about it has to name. Its id is unset.
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
  Weight weight() const { return weight_; }
  // Sets expectedVersion too, but for a batch, whose commands have theirs. `detail`: what is said of the command when
  // it left what was there as it is.
  void weigh(Weight weight, std::string detail = {});
  const std::string& detail() const { return detail_; }
  // The problem that there is when the command was accepted, because something more should be imported; empty: none.
  const std::string& if_created() const { return if_created_; }
  void report_if_created(std::string problem) { if_created_ = std::move(problem); }
  // The command that is sent when this one left what was there as it is, and counts instead of it; null: none.
  Planned* otherwise() const { return otherwise_.get(); }
  void set_otherwise(Planned planned) { otherwise_ = std::make_unique<Planned>(std::move(planned)); }

 private:
  std::unique_ptr<capnp::MallocMessageBuilder> message_;
  std::string file_, what_, detail_, if_created_;
  Weight weight_ = Weight::whole;
  std::unique_ptr<Planned> otherwise_;
};

// A command that changed nothing of what was there, because its document weighs less.
struct Left {
  Weight weight;
  std::string file, what, detail;
};

// Parts of documents that the catalogue has no place for: how often each, by words such as "`images` of movies".
using LeftOut = std::map<std::string, size_t>;

// Commands in the order in which they are to be sent, and what was left out of them.
struct Plan {
  std::vector<Planned> commands;
  std::vector<Problem> problems;
  std::vector<Left> left;
  LeftOut left_out;
  size_t documents = 0;  // of TMDB's that the files hold, of a kind that is known
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

// Collects commands by stage and keeps one for each thing: a whole document's before others, among equals the first. A
// further command for the thing that differs is noted as Left when it weighs less, and is a problem when it weighs the
// same. So an import that is repeated changes nothing.
class PlanBuilder {
 public:
  void add(Stage stage, Planned planned);
  bool has(const std::string& what) const { return places_.contains(what); }
  void report(const std::string& file, std::string reason) { problems_.push_back({file, std::move(reason)}); }
  void leave_out(const std::string& part, size_t count = 1) {
    if (count > 0) left_out_[part] += count;
  }
  void note_document() { ++documents_; }
  void leave(Left left) { left_.push_back(std::move(left)); }
  Plan finish() &&;

 private:
  struct Place {
    Stage stage;
    size_t at;
  };
  std::vector<Planned> commands_[stages];
  std::unordered_map<std::string, Place> places_;
  std::vector<Problem> problems_;
  std::vector<Left> left_;
  LeftOut left_out_;
  size_t documents_ = 0;
};

// The receipt of one command, in values.
struct Outcome {
  enum class Verdict { accepted, unchanged, left, refused };
  Verdict verdict = Verdict::refused;
  events::schema::RefusalCode code = events::schema::RefusalCode::UNSET;
  std::string field, message;
};

// `left`: a command that may only create found its thing there already.
Outcome outcome_of(events::schema::Receipt::Reader receipt, Weight weight);
// "notFound" and so on.
std::string_view spelling_of(events::schema::RefusalCode code);
// Whether the daemon had no space or time, whatever the command said.
bool is_passing(const Outcome& outcome);

}  // namespace catlog::commandhandler::importing
