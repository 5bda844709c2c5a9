#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include <fmt/format.h>

#include "events/text/printable.h"
#include "projector/sqlite/sqlite.h"
#include "tests/support/backups.h"
#include "tests/support/data_directory.h"
#include "tests/support/read_models.h"
#include "tests/support/sample_events.h"

BOOST_AUTO_TEST_SUITE(terminal_test)

// Whatever a name, a row or a file holds: nothing of it drives the terminal of whoever looks, and nothing of it makes a
// line that looks like one of ours.
namespace {

using namespace catlog;
using namespace catlog::tests;
using projector::Database;
using projector::Open;
namespace fs = std::filesystem;

// ESC, DEL, a C1 in UTF-8, a mark that turns the order of what is read, and a line of its own.
const std::string bad =
    "\x1b[31mred\x7f\xc2\x9b"
    "2J\xe2\x80\xae\rup\nok\n";

void check_clean(const Ran& ran, int exit_code) {
  BOOST_TEST(ran.exit_code == exit_code, ran.out << ran.err);
  for (const std::string& said : {ran.out, ran.err}) {
    for (std::string_view rest = said; !rest.empty(); rest.remove_prefix(1))
      if (const auto control = events::control_at(rest); control.bytes > 0 && control.character != '\n')
        BOOST_ERROR(fmt::format("U+{:04X} in {}", static_cast<unsigned>(control.character), said));
    std::istringstream lines(said);
    for (std::string line; std::getline(lines, line);) BOOST_TEST(line != "ok", said);
  }
}

struct House {
  DataDirectory data{CATLOG_BIN};

  House() {
    small_catalogue().append_to(data / "log");
    data.out_of({"rebuild"});
  }
  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(data / name) << text;
    return data / name;
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(terminal, House)

BOOST_AUTO_TEST_CASE(a_row_that_somebody_wrote) {
  Database(data / "readmodel/current.sqlite", Open::write)
      .run(projector::Sql::generated("UPDATE genres SET name = '" + bad + "' WHERE id = 1"));
  for (const std::vector<std::string>& command :
       std::vector<std::vector<std::string>>{{"verify"}, {"verify", "--deep"}, {"rebuild", "--diff"}}) {
    const Ran ran = data.catlog(command);
    check_clean(ran, 1);
    BOOST_TEST(has(ran.out, "[31mred"), ran.out);
  }
}

BOOST_AUTO_TEST_CASE(a_column_that_a_query_names) {
  for (const char* format : {"table", "markdown", "json"})
    check_clean(data.catlog({"sql", "SELECT 1 AS \"" + bad + "\"", "--format", format}), 0);
}

BOOST_AUTO_TEST_CASE(a_proof_of_somebody_else) {
  std::string proof = data.out_of({"prove", "3"});
  const size_t id = proof.find("\"logId\":\"") + 9;
  proof.replace(id, proof.find('"', id) - id, "\\u001b[31m\\u007f\\u009b\\u202e\\u000aok\\u000a");
  check_clean(data.catlog({"check-proof", write("id.proof", proof)}), 2);
  check_clean(data.catlog({"check-proof", write("name.proof", R"({"\u001b[31m\u009b]0;evil\u0007\u000aok\u000a":1})")}),
              2);
  check_clean(data.catlog({"check-proof", write("bytes.proof", "{\"" + bad + "\":1}")}), 2);
  check_clean(data.catlog({"check-proof", data / bad}), 2);
  check_clean(data.catlog({"check-proof", "-", "--head", bad}, data.out_of({"prove", "3"})), 2);
}

BOOST_AUTO_TEST_CASE(a_backup_of_somebody_else) {
  const TemporaryDirectory outside;
  const fs::path place = outside.path() / ("copies" + bad);
  check_clean(data.catlog({"backup", place}), 0);
  check_clean(data.catlog({"backup", place, "--verify"}), 0);
  const std::string id = store::read_manifest(place).log_id;
  forge_manifest(place, id, "\\u001b[31m\\u009b\\u202e\\u000aok");
  check_clean(data.catlog({"backup", place, "--verify"}), 5);
  forge_manifest(place, "\\u001b[31m\\u009b\\u202e\\u000aok", id);
  const std::string segment = segment_file(place, 0).filename();
  forge_manifest(place, segment, "\\u001b[31m\\u009b\\u000aok");
  check_clean(data.catlog({"backup", place, "--verify"}), 5);
}

BOOST_AUTO_TEST_CASE(files_that_an_import_cannot_read) {
  Daemon daemon = data.start();
  const fs::path folder = data / "responses";
  fs::create_directory(folder);
  write("responses/" + bad + ".json", "not json");
  write("responses/values.json", R"({"genres":[{"id":"\u001b[31m\u009b\u202e\u000aok\u000a","name":1}]})");
  write("responses/bytes.json", "{\"genres\":[{\"id\":16,\"name\":\"" + bad + "\"}]}");
  write("responses/key.json", R"({"\u001b[31m\u009b\u202e\u000aok\u000a":1})");
  const Ran ran = data.catlog({"import", "tmdb", folder});
  check_clean(ran, 0);
  BOOST_TEST(has(ran.err, "[31mred"), ran.err);
  BOOST_TEST(daemon.terminate() == 0);
}

BOOST_AUTO_TEST_CASE(names_that_failures_tell) {
  const std::string none = data / bad;
  for (const char* command : {"status", "verify", "log", "rebuild"})
    check_clean(run({CATLOG_BIN "/catlog", "--data", none, command}), 2);
  check_clean(run({CATLOG_BIN "/catlog", "--data", none, "send"}, "{}"), 6);
  check_clean(data.catlog({"sql", "SELECT '" + bad + "' FROM " + bad}), 2);
  check_clean(data.catlog({"history", bad}), 2);
  check_clean(data.catlog({"log", "--type", bad}), 2);
  check_clean(data.catlog({bad}), 2);
  check_clean(data.catlog({"send", "--dry-run"},
                          "{\"putGenre\":\r{\"tmdbId\":1,\"name\":\"red\x7f\xc2\x9b\xe2\x80\xae\"}}\r\n"),
              0);
  check_clean(data.catlog({"send", "--dry-run"}, bad), 1);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE_END()
