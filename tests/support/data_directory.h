#pragma once
#include <cstdint>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/run.h"
#include "tests/support/temporary_directory.h"

namespace catlog::tests {

// The members of a JSON object, each with its value as a line of JSON text: "title" is `"Sintel"`, quotes and all.
using Row = std::map<std::string, std::string>;

// Throw when it is no object, no such lines.
Row read_row(std::string_view json);
std::vector<Row> read_lines(std::string_view json_lines);

// The whole of a file. Throws when it cannot be read.
std::string read_text(const std::filesystem::path& file);
// The demo catalogue's files, in the order in which they are loaded.
std::vector<std::filesystem::path> demo_files(const std::filesystem::path& source);

// Rows of each table, in order of their ids.
using Tables = std::map<std::string, std::vector<Row>>;

// Columns that two runs of the same commands may fill differently: the times of judging, and what is sealed.
const std::set<std::string>& columns_of_one_run();

// A data directory that goes with this object, and the programs at work on it: empty, but for the sign that a log may
// be begun in it.
class DataDirectory {
 public:
  // `programs`: the folder of catlogd and catlog.
  explicit DataDirectory(std::filesystem::path programs);

  const std::filesystem::path& path() const { return folder_.path(); }
  std::filesystem::path operator/(const std::string& name) const { return folder_ / name; }

  Daemon start(const std::vector<std::string>& arguments = {}) const {
    return Daemon(programs_ / "catlogd", path(), arguments);
  }
  // Runs catlogd to its end, as one that will not start ends.
  Ran daemon(std::vector<std::string> arguments = {}) const;
  Ran catlog(std::vector<std::string> arguments, std::string_view input = {}) const;
  // What it wrote to stdout. Throws, with what it said, unless it exits with 0.
  std::string out_of(const std::vector<std::string>& arguments, std::string_view input = {}) const;

  uint64_t head() const;  // of the log
  // The answer of the read model, which holds the whole log by then.
  std::vector<Row> rows(const std::string& sql) const;
  // All tables of the declaration without these columns.
  Tables tables(const std::set<std::string>& without = {}) const;

 private:
  std::filesystem::path programs_;
  TemporaryDirectory folder_;
};

}  // namespace catlog::tests
