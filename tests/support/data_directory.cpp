#include "tests/support/data_directory.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include <fmt/format.h>
#include <simdjson.h>

#include "events/schema/model.h"

namespace catlog::tests {
namespace {

Row row_of(simdjson::dom::object object) {
  Row row;
  for (auto [name, value] : object) row[std::string(name)] = simdjson::minify(value);
  return row;
}

std::vector<Row> rows_of(const std::string& json) {
  simdjson::dom::parser parser;
  std::vector<Row> rows;
  for (auto element : parser.parse(json).get_array()) rows.push_back(row_of(element.get_object()));
  return rows;
}

std::vector<Row> rows_at(const DataDirectory& data, uint64_t position, const std::string& sql) {
  return rows_of(data.out_of({"sql", sql, "--format", "json", "--wait-for", std::to_string(position)}));
}

}  // namespace

Row read_row(std::string_view json) {
  simdjson::dom::parser parser;
  simdjson::dom::object object;
  if (parser.parse(json.data(), json.size()).get(object)) throw std::runtime_error(fmt::format("no object: {}", json));
  return row_of(object);
}

std::vector<Row> read_lines(std::string_view json_lines) {
  std::vector<Row> rows;
  for (size_t at = 0; at < json_lines.size();) {
    const size_t end = std::min(json_lines.find('\n', at), json_lines.size());
    rows.push_back(read_row(json_lines.substr(at, end - at)));
    at = end + 1;
  }
  return rows;
}

std::string read_text(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream) throw std::runtime_error(fmt::format("cannot read {}", file.string()));
  return std::string(std::istreambuf_iterator<char>(stream), {});
}

std::vector<std::filesystem::path> demo_files(const std::filesystem::path& source) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(source / "ops" / "demo"))
    if (entry.path().extension() == ".ndjson") files.push_back(entry.path());
  std::ranges::sort(files);
  return files;
}

const std::set<std::string>& columns_of_one_run() {
  static const std::set<std::string> columns{"createdAt",   "updatedAt",    "lastUpdated", "lastSeen",
                                             "accessToken", "refreshToken", "failedAt",    "lastAccess"};
  return columns;
}

DataDirectory::DataDirectory(std::filesystem::path programs) : programs_(std::move(programs)) {
  std::ofstream(folder_ / "begin-new-log");
}

Ran DataDirectory::daemon(std::vector<std::string> arguments) const {
  arguments.insert(arguments.begin(), {(programs_ / "catlogd").string(), "--data", path().string()});
  return run(arguments);
}

Ran DataDirectory::catlog(std::vector<std::string> arguments, std::string_view input) const {
  arguments.insert(arguments.begin(), {(programs_ / "catlog").string(), "--data", path().string()});
  return run(arguments, input);
}

std::string DataDirectory::out_of(const std::vector<std::string>& arguments, std::string_view input) const {
  Ran ran = catlog(arguments, input);
  if (ran.exit_code != 0)
    throw std::runtime_error(fmt::format("catlog {} exits with {}: {}{}", fmt::join(arguments, " "), ran.exit_code,
                                         ran.out.substr(0, 1000), ran.err));
  return std::move(ran.out);
}

uint64_t DataDirectory::head() const { return std::stoull(read_row(out_of({"status", "--json"})).at("head")); }

// Of a sanitized program nearly all is its start: mostly one is enough, which says itself that it lacks nothing.
std::vector<Row> DataDirectory::rows(const std::string& sql) const {
  const Ran ran = catlog({"sql", sql, "--format", "json"});
  if (ran.exit_code == 0 && has(ran.err, ", 0 behind the log's head")) return rows_of(ran.out);
  return rows_at(*this, head(), sql);
}

Tables DataDirectory::tables(const std::set<std::string>& without) const {
  Tables tables;
  const uint64_t now = head();
  for (const auto& entity : events::model().entities()) {
    if (entity.table.empty()) continue;
    auto& rows_of_table = tables[entity.table];
    rows_of_table = rows_at(*this, now, fmt::format("SELECT * FROM {} ORDER BY 1, 2", entity.table));
    for (Row& row : rows_of_table)
      for (const auto& column : without) row.erase(column);
  }
  return tables;
}

}  // namespace catlog::tests
