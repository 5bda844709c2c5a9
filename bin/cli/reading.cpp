#include "bin/cli/reading.h"

#include <algorithm>
#include <new>
#include <ostream>

#include <fmt/format.h>

#include "bin/cli/open.h"
#include "bin/cli/output.h"
#include "projector/query/difference.h"
#include "projector/query/spool.h"
#include "projector/sqlite/statement_limits.h"

namespace catlog::cli {

using events::Exit;
using events::Failure;

namespace {

constexpr unsigned max_timeout_s = 86'400;
constexpr const char* about_as_of =
    "Ask the read model as it stood at this position, time (RFC 3339) or day's beginning";

projector::Parameter read_parameter(const char* option, const std::string& given) {
  const size_t equals = given.find('=');
  if (equals == 0 || equals == std::string::npos)
    throw Failure(Exit::usage, fmt::format("{} {} is no name=value", option, given));
  return {given.substr(0, equals), given.substr(equals + 1)};
}

// A person sees it beside the rows, and whoever reads the rows by a program in its log.
void tell_origin(const projector::Answer& answer, std::optional<events::Position> head) {
  const events::Position position = answer.checkpoint.position;
  if (!head)
    tell("as of position {}\n", position);
  else
    tell("as of position {}, {} behind the log's head {}\n", position, *head - std::min(*head, position), *head);
  if (!answer.left_out.empty()) tell("{}\n", projector::to_text(answer.left_out));
}

}  // namespace

Reading::Reading(Syntax words, const char* about_and) : Subcommand(words) {
  auto waits = words.option("--wait-for", wait_for_, "Wait until the read model holds this position of the log");
  format_option_.emplace(
      words.option("--format", format_, "table, csv, json (an array), jsonl (an object a line) or markdown")
          .one_of({"table", "csv", "json", "jsonl", "markdown"})
          .shows_default());
  words
      .option("--null", style_.null_text,
              "How NULL is written in csv, table and markdown; empty unless given. In csv a text of the same letters "
              "stands in quotes")
      .may_be_empty();
  words.option("--timeout-s", timeout_s_, "The longest to wait, and the longest for the query, in seconds")
      .between(1, max_timeout_s)
      .shows_default();
  words.option("--max-rows", max_rows_, "More rows than this end the query").at_least(1);
  words
      .option("--param", parameters_,
              "name=value for :name, a number where JSON would read one (7, 1.50, 1e9; not 007); may be given several "
              "times")
      .one_at_a_time();
  words.option("--text", texts_, "The same, a text whatever it looks like").one_at_a_time();
  auto first = words.option("--as-of", as_of_, about_as_of);
  first.excludes(waits);
  words.option("--and", other_, about_and).needs(first);
}

projector::QueryLimits Reading::limits() const {
  constexpr std::chrono::milliseconds least{1};
  const std::chrono::seconds all(timeout_s_);
  return {.run = std::max(least, all - spent_),
          .given = all,
          .wait = all,
          .rows = max_rows_.value_or(UINT64_MAX),
          .at_overdue = end_when_overdue};
}

std::vector<projector::Parameter> Reading::parameters() const {
  std::vector<projector::Parameter> parameters;
  for (const std::string& each : parameters_) parameters.push_back(read_parameter("--param", each));
  for (const std::string& each : texts_) parameters.emplace_back(read_parameter("--text", each)).is_text = true;
  return parameters;
}

std::filesystem::path Reading::file(const Settings& settings) const {
  if (wait_for_) projector::wait_for_position(settings.data.current_read_model(), *wait_for_, limits());
  require_read_model(settings);
  require_own_read_model(settings);
  return settings.data.current_read_model();
}

AsOfFiles Reading::files_of_moments(const Settings& settings) {
  std::vector<std::string> moments{as_of_};
  if (is_of_two()) moments.push_back(other_);
  AsOfFiles files(settings, moments, limits().run);
  spent_ = files.spent();
  return files;
}

const store::Log* Reading::log(const Settings& settings) {
  try {
    if (!log_) log_ = std::make_unique<store::Log>(open_log(settings));
  } catch (const Failure&) {
    // Who may read the read model only is told nothing of the log.
  }
  return log_.get();
}

Exit Reading::answer(const store::Log* log, const Ask& ask) const {
  projector::limit_statements({});
  projector::Style style = style_;
  style.format = format();
  projector::Spool spool(data_out());
  std::ostream out(&spool);
  out.exceptions(std::ios::badbit);  // what the spool throws is the reason
  try {
    const auto answers = ask(style, limits(), out);
    out.flush();
    for (const projector::Answer& each : answers) tell_origin(each, log ? std::optional(log->head()) : std::nullopt);
    spool.finish();
    return Exit::ok;
  } catch (const Failure& failure) {
    // Told before the rows that there are have been taken, which may be never.
    tell("catlog: {}\n", failure.what());
    return failure.code();
  } catch (const std::bad_alloc&) {
    tell("catlog: the answer needs more memory than it may have: ask for less at once\n");
    return Exit::refused;
  }
}

Exit Reading::answer_difference(const AsOfFiles& then, const projector::Question& question, size_t key_columns) const {
  const auto asked = [&](size_t which) {
    projector::Asked each{then.file(which), question};
    each.question.moments = {{"now", then.time(which)}};
    return each;
  };
  return answer(question.log, [&](const auto& style, const auto& limits, std::ostream& out) {
    auto both = projector::run_difference(asked(0), asked(1), key_columns, style, limits, out);
    return std::vector{std::move(both.a), std::move(both.b)};
  });
}

void Reading::end_when_overdue() {
  end_process("the query did not end when its time was over; this process ends instead\n", Exit::refused);
}

}  // namespace catlog::cli
