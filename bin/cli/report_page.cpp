#include "bin/cli/report_page.h"

#include <sys/types.h>

#include <algorithm>
#include <fstream>
#include <optional>

#include <fmt/format.h>

#include "events/error.h"
#include "events/text/datetime.h"
#include "projector/picture/page.h"
#include "store/files/durable_file.h"

namespace catlog::cli {

using events::Exit;
using events::Failure;

namespace {

std::string position_and_lag(events::Position position, std::optional<events::Position> head) {
  if (!head) return fmt::format("{}", position);
  return fmt::format("{}, {} behind the log's head {}", position, *head - std::min(*head, position), *head);
}

void require_a_file(const std::filesystem::path& path) {
  std::error_code none;
  if (!std::filesystem::is_regular_file(path, none))
    throw Failure(Exit::usage, fmt::format("{} is no file that a page can be written in place of", path.string()));
}

constexpr size_t most_bytes_of_a_head = 4'096;
constexpr mode_t page_mode = 0666;  // less the umask: as the shell makes a file

}  // namespace

std::string report_page(const projector::Report& report, const projector::ReportAsked& asked,
                        const projector::Picture& picture) {
  const auto& [checkpoint, left_out] = picture.collected.answer;
  projector::PageHead page{std::string(report.name), std::string(report.about), {}};
  page.facts.emplace_back(
      "as of position",
      position_and_lag(checkpoint.position, asked.log ? std::optional(asked.log->head()) : std::nullopt));
  page.facts.emplace_back("of log", checkpoint.log_id);
  for (const auto& parameter : asked.parameters) page.facts.emplace_back(parameter.name, parameter.value);
  if (!left_out.empty()) page.facts.emplace_back("left out", projector::to_text(left_out));
  page.facts.emplace_back("made", events::to_rfc3339(events::now_us()));
  page.facts.emplace_back("rows", fmt::format("{}", picture.collected.rows.rows.size()));
  return projector::page(page, picture.collected.rows, picture.plot);
}

void require_earlier_page(const std::filesystem::path& file) {
  std::error_code none;
  if (!std::filesystem::exists(file, none)) return;
  require_a_file(file);
  std::string begin(most_bytes_of_a_head, '\0');
  std::ifstream stream(file, std::ios::binary);
  stream.read(begin.data(), static_cast<std::streamsize>(begin.size()));
  begin.resize(static_cast<size_t>(stream.gcount()));
  if (projector::begins_page(begin)) return;
  throw Failure(
      Exit::usage,
      fmt::format("{} is no page of a report: give another name, or --force to write in its place", file.string()));
}

void write_page(const std::filesystem::path& file, const std::string& page) {
  std::error_code none;
  if (std::filesystem::exists(file, none)) require_a_file(file);
  store::write_durably(std::filesystem::absolute(file), page, page_mode);
}

}  // namespace catlog::cli
