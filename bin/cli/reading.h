#pragma once
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <iosfwd>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bin/cli/as_of.h"
#include "bin/cli/subcommand.h"
#include "projector/query/format.h"
#include "projector/query/query.h"
#include "store/log.h"

namespace catlog::cli {

// What `sql` and `report` share: a format, a position to wait for, limits, moments, and how an answer is given.
class Reading : public Subcommand {
 protected:
  Reading(Syntax words, const char* about_and);

  Option format_option() const { return *format_option_; }
  projector::Format format() const { return projector::format_named(format_).value(); }
  bool has_row_limit() const { return max_rows_.has_value(); }
  projector::QueryLimits limits() const;
  // What is given for :name. Throws Failure(usage) for what is no name=value.
  std::vector<projector::Parameter> parameters() const;

  bool is_of_a_moment() const { return !as_of_.empty(); }
  bool is_of_two() const { return !other_.empty(); }

  // The read model to ask, which holds what was waited for.
  std::filesystem::path file(const Settings& settings) const;
  // The read models of the moments; what that takes is taken from the query's time.
  AsOfFiles files_of_moments(const Settings& settings);
  // Null where the log may not be read. After what opens it for itself (both above): it stays open.
  const store::Log* log(const Settings& settings);

  // Asks within the limits, and says which position each answer is from. Whoever takes the rows slowly holds up neither
  // the statement nor its transaction. `log` may be null.
  using Ask = std::function<std::vector<projector::Answer>(const projector::Style&, const projector::QueryLimits&,
                                                           std::ostream&)>;
  events::Exit answer(const store::Log* log, const Ask& ask) const;
  // The rows that differ between both moments; `question`: with what both are asked, but for `now`.
  events::Exit answer_difference(const AsOfFiles& then, const projector::Question& question, size_t key_columns) const;

  // For a statement that did not end when its time was over.
  static void end_when_overdue();

 private:
  std::string format_{"table"}, as_of_, other_;
  std::vector<std::string> parameters_, texts_;
  projector::Style style_;
  std::optional<events::Position> wait_for_;
  std::optional<uint64_t> max_rows_;
  unsigned timeout_s_ = 30;
  std::chrono::milliseconds spent_{0};  // on files that the query reads
  std::unique_ptr<store::Log> log_;
  std::optional<Option> format_option_;
};

}  // namespace catlog::cli
