#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/stat.h>
#include <unistd.h>

#include "events/bus/bus.h"
#include "events/schema/model.h"
#include "tests/support/data_directory.h"
#include "tests/support/sample_events.h"

BOOST_AUTO_TEST_SUITE(cli_test)

// How catlog takes what it is asked: its flags, its help, its errors.

using namespace catlog;
using namespace catlog::tests;

namespace {

size_t lines_of(const std::string& text) { return static_cast<size_t>(std::count(text.begin(), text.end(), '\n')); }

}  // namespace

BOOST_AUTO_TEST_CASE(wrong_use_exits_with_2_and_says_why) {
  const DataDirectory data(CATLOG_BIN);
  for (const std::vector<std::string>& arguments :
       std::vector<std::vector<std::string>>{{},
                                             {"nonsense"},
                                             {"log", "--no-such-flag"},
                                             {"log", "--from", "minus"},
                                             {"log", "--from", "99999999999999999999999"},
                                             {"log", "--from", "-1"},
                                             {"log", "--type", "movieEaten"},
                                             {"describe", "eatMovie"},
                                             {"schema"},
                                             {"schema", "--python", "--asyncapi"},
                                             {"report", "nonsense"},
                                             {"sql"},
                                             {"sql", "SELECT 1", "--format", "xml"},
                                             {"sql", "SELECT 1", "--as-of", "1", "--wait-for", "1"},
                                             {"rebuild", "--as-of", "1"},
                                             {"import"},
                                             {"import", "tmdb"},
                                             {"history", "movies"},
                                             {"history", "movie_genres/0,1"},
                                             {"history", "cinemas/1"},
                                             {"explain", "movies", "1", "stars"},
                                             {"explain", "cinemas", "1", "rating"},
                                             {"explain", "movie_genres", "1", "genreId"},
                                             {"send", "--wait-s", "0"},
                                             {"tail", "--wait-s", "0"},
                                             {"tail", "--wait-s", "86401"},
                                             {"import", "tmdb", data.path().string(), "--wait-s", "0"},
                                             {"version-of", "movies"},
                                             {"version-of", "movies/imdb:"},
                                             {"send", data.path().string()},
                                             {"send", (data / "no such file").string()}}) {
    const Ran ran = data.catlog(arguments);
    BOOST_TEST(ran.exit_code == 2);
    BOOST_TEST(!ran.err.empty());
    BOOST_TEST(ran.out == "");
  }
}

// What manual pages and completions are made of.
BOOST_AUTO_TEST_CASE(both_programs_declare_their_command_lines) {
  const DataDirectory data(CATLOG_BIN);
  const std::string declared = run({CATLOG_BIN "/catlog", "--declaration"}).out;
  for (const char* part : {R"({"name":"status","about":"Show how far)",
                           R"("name":"--format","short":[],"isArgument":false,"value":"TEXT:{)",
                           R"("name":"--data","short":[],"isArgument":false,"value":"PATH")",
                           R"("variable":"CATLOG_DATA")", R"("needs":["--as-of"])", R"("commands":[{"name":"tmdb")"})
    BOOST_TEST(has(declared, part), part);
  BOOST_TEST(!has(declared, "--declaration"));
  BOOST_TEST(!has(data.out_of({"--help"}), "--declaration"));
  BOOST_TEST(has(run({CATLOG_BIN "/catlogd", "--declaration"}).out, R"("name":"--min-free-bytes")"));
}

// A variable of the shell that is not set must not change what is asked for.
BOOST_AUTO_TEST_CASE(an_empty_value_is_wrong_use) {
  const DataDirectory data(CATLOG_BIN);
  small_catalogue().append_to(data / "log");
  BOOST_TEST(data.catlog({"rebuild"}).exit_code == 0);
  const std::string proof = data / "proof", backup = data.path().string() + "-backup";
  std::ofstream(proof) << data.catlog({"prove", "3"}).out;
  BOOST_TEST(data.catlog({"check-proof", proof}).exit_code == 0);
  for (const std::vector<std::string>& arguments :
       std::vector<std::vector<std::string>>{{"check-proof", proof, "--head", ""},
                                             {"check-proof", proof, "--from-head="},
                                             {"restore", backup, "--to", ""},
                                             {"restore", backup, "--keys", ""},
                                             {"backup", ""},
                                             {"backup", backup, "--keys", ""},
                                             {"rebuild", "--as-of", "", "--into", data / "f.sqlite"},
                                             {"rebuild", "--as-of", "1", "--into", ""},
                                             {"sql", "SELECT 1", "--as-of", ""},
                                             {"history", "movies/1", "--as-of", ""},
                                             {"log", "--stream", ""},
                                             {"tail", "--log-id", ""},
                                             {"--data", "", "status"}}) {
    const Ran ran = data.catlog(arguments);
    BOOST_TEST(ran.exit_code == 2, fmt::format("{}: {}{}", fmt::join(arguments, " "), ran.out, ran.err));
    BOOST_TEST(ran.out == "");
  }
  BOOST_TEST(!std::filesystem::exists(backup));
}

BOOST_AUTO_TEST_CASE(every_program_says_its_version) {
  for (const std::string program : {"catlogd", "catlog"}) {
    const Ran ran = run({CATLOG_BIN "/" + program, "--version"});
    BOOST_TEST(ran.exit_code == 0, ran.err);
    BOOST_TEST(ran.out.starts_with(program + " "), ran.out);
    BOOST_TEST(ran.out.find_first_of("0123456789") != std::string::npos, ran.out);
    BOOST_TEST(lines_of(ran.out) == 1u);
  }
}

// CATLOG_DATA= once began a catalogue in the current folder.
BOOST_AUTO_TEST_CASE(the_daemon_takes_no_empty_data_directory) {
  const TemporaryDirectory folder;
  const std::vector<std::string> there{"/usr/bin/env", "-C", folder.path()};
  for (const std::vector<std::string>& more :
       std::vector<std::vector<std::string>>{{CATLOG_BIN "/catlogd", "--data", ""},
                                             {CATLOG_BIN "/catlogd", "--data="},
                                             {"CATLOG_DATA=", CATLOG_BIN "/catlogd"},
                                             {"CATLOG_DATA=", CATLOG_BIN "/catlog", "status"}}) {
    std::vector<std::string> argv = there;
    argv.insert(argv.end(), more.begin(), more.end());
    const Ran ran = run(argv);
    BOOST_TEST(ran.exit_code == 2, ran.err);
    BOOST_TEST((has(ran.err, "an empty value") || has(ran.err, "--data: ")), ran.err);
    BOOST_TEST(std::filesystem::is_empty(folder.path()));
  }
}

BOOST_AUTO_TEST_CASE(what_is_wrong_with_a_configuration_is_told_as_that) {
  const DataDirectory data(CATLOG_BIN);
  const std::string file = data / "catlog.toml";
  const auto start_with = [&](const std::string& text) {
    std::ofstream(file) << text;
    return data.daemon({"--config", file});
  };
  for (const auto& [text, words] : std::vector<std::pair<std::string, std::string>>{
           {"min-free-bytes = \"much\"\n", "must be a whole number, 0 or more"},
           {"min-free-bytes = -1\n", "must be a whole number, 0 or more"},
           {"min-free-bytes = 99999999999999999999999\n", "must be a whole number, 0 or more"},
           {"min-fre-bytes = 1\n", "min-fre-bytes"},
           {"only = \"everything\"\n", "everything"},
           {std::string("data = \"x\"\n\0", 13), "no text in UTF-8"},
           {"log-level = \"info\xFF\"\n", "no text in UTF-8"},
           {"# a comment\ndata = \"/a/data\n", "line 2 of the configuration"},
           {"data = \"/a/data\" or \"b\"\n", "line 1 of the configuration"},
           {"data = 'a\n", "begins with a quote"},
           {"log-level = \"info\"\ndata = \"a\"\nlog-level = \"error\"\n", "log-level twice"},
           {"-- = 1\n", "a section"},
           {"++ = 1\n", "a section"},
           {"[daemon]\ndata = \"a\"\n", "a section"},
           {"x\n", "no key with its value"}}) {
    const Ran ran = start_with(text);
    BOOST_TEST(ran.exit_code == 2, text << ran.err);
    BOOST_TEST(has(ran.err, words), ran.err);
    BOOST_TEST(!has(ran.err, "INI"), ran.err);
    BOOST_TEST(ran.err.size() < 300u, ran.err);
  }
  // A byte order mark is none of the text.
  const Ran marked = start_with("\xEF\xBB\xBFmin-free-bytes = \"much\"\n");
  BOOST_TEST(has(marked.err, "must be a whole number"), marked.err);
  // A sign of a comment within quotes is a part of the text, and behind them one.
  for (const std::string line : {"only = \"some#thing\"  # what \"else\"\n", "only = 'some#thing'# x\n"}) {
    const Ran ran = start_with(line);
    BOOST_TEST(ran.exit_code == 2, ran.err);
    BOOST_TEST(has(ran.err, "some#thing not in"), ran.err);
  }
  // It is not waited for who writes to a FIFO.
  std::filesystem::remove(file);
  BOOST_TEST_REQUIRE(::mkfifo(file.c_str(), 0600) == 0);
  const Ran fifo = data.daemon({"--config", file});
  BOOST_TEST(fifo.exit_code == 2);
  BOOST_TEST(has(fifo.err, "no regular file"), fifo.err);
  BOOST_TEST(!std::filesystem::exists(data / "log"));
}

BOOST_AUTO_TEST_CASE(a_daemon_for_one_machine_that_is_to_be_one_of_several_makes_nothing) {
  const DataDirectory data(CATLOG_BIN);
  const std::string none = data / "none";
  const Ran ran = run({CATLOG_BIN "/catlogd", "--data", none, "--cluster", "media", "--cluster-node", "a",
                       "--cluster-etcd", "127.0.0.1:1", "--cluster-endpoint", "tcp://127.0.0.1:1"});
  BOOST_TEST(ran.exit_code == 2, ran.err);
  BOOST_TEST(has(ran.err, "catlogd-cluster"), ran.err);
  BOOST_TEST(!std::filesystem::exists(none));
}

BOOST_AUTO_TEST_CASE(a_file_is_no_data_directory_and_no_backup_and_what_is_not_there_no_proof) {
  const DataDirectory data(CATLOG_BIN);
  const std::string file = data / "file";
  std::ofstream(file) << "of somebody";
  for (const auto& arguments :
       std::vector<std::vector<std::string>>{{CATLOG_BIN "/catlogd", "--data", file},
                                             {CATLOG_BIN "/catlog", "restore", file, "--data", data / "none"},
                                             {CATLOG_BIN "/catlog", "backup", "--verify", file}}) {
    const Ran ran = run(arguments);
    BOOST_TEST(ran.exit_code == 2, ran.err);
    BOOST_TEST(has(ran.err, "is no folder"), ran.err);
  }
  const Ran ran = data.catlog({"check-proof", data / "none"});
  BOOST_TEST((ran.exit_code == 2 && has(ran.err, "No such file or directory")), ran.err);
}

BOOST_AUTO_TEST_CASE(every_key_of_the_example_configuration_is_taken) {
  const DataDirectory data(CATLOG_BIN);
  std::string text = read_text(CATLOG_SOURCE "/ops/catlog.toml");
  std::istringstream lines(text);
  std::string all;
  for (std::string line; std::getline(lines, line);)
    if (const size_t value = line.find(" = "); value != std::string::npos && !line.starts_with("data"))
      all += line.substr(line.find_first_not_of("# ")) + "\n";
  for (const char* key :
       {"commands-endpoint", "min-free-bytes", "clock-is-right", "existing", "only", "group", "audit-group"})
    BOOST_TEST(has(all, std::string(key) + " = "), key);
  // These are made when it is installed.
  for (const std::string group : {"\"catlog\"", "\"catlog-audit\""})
    all.replace(all.find(group), group.size(), "\"" + std::to_string(::getegid()) + "\"");
  // A switch is one: it is on when it says so, and the directory is not there.
  all.replace(all.find("existing = false"), 16, "existing = true");
  std::ofstream(data / "all.toml") << all;
  const std::string none = data / "none";
  const Ran ran = run({CATLOG_BIN "/catlogd", "--config", data / "all.toml", "--data", none});
  BOOST_TEST(ran.exit_code == 2, ran.err);
  BOOST_TEST(has(ran.err, "--existing says that there must be"), ran.err);
}

BOOST_AUTO_TEST_CASE(every_subcommand_has_help_with_an_example) {
  const DataDirectory data(CATLOG_BIN);
  const std::string all = data.out_of({"--help"});
  std::istringstream lines(
      all.substr(all.find("Subcommands:\n"), all.find("\n\nExample: ") - all.find("Subcommands:\n")));
  std::string line;
  std::getline(lines, line);
  size_t subcommands = 0;
  for (; std::getline(lines, line) && line.starts_with("  "); ++subcommands) {
    const std::string name = line.substr(2, line.find(' ', 2) - 2);
    const Ran ran = data.catlog({name, "--help"});
    BOOST_TEST(ran.exit_code == 0);
    BOOST_TEST(has(ran.out, std::string("Example: ")), name << " has no example");
    BOOST_TEST(has(ran.out, "catlog " + name), name << " has no example of itself");
  }
  BOOST_TEST(subcommands > 10u);
}

BOOST_AUTO_TEST_CASE(reading_where_nothing_is_exits_with_2_and_says_what_to_do) {
  const DataDirectory data(CATLOG_BIN);
  for (const std::vector<std::string>& arguments :
       std::vector<std::vector<std::string>>{{"status"},
                                             {"log"},
                                             {"verify"},
                                             {"history", "movies/1"},
                                             {"explain", "movies", "1", "title"},
                                             {"rebuild"},
                                             {"tidy"},
                                             {"optimize"},
                                             {"sql", "SELECT 1"}}) {
    const Ran ran = data.catlog(arguments);
    BOOST_TEST(ran.exit_code == 2, arguments[0]);
    BOOST_TEST(has(ran.err, "start `catlogd --data"));
    BOOST_TEST(ran.out == "");
  }
  for (const auto& entry : std::filesystem::directory_iterator(data.path()))
    BOOST_TEST(entry.path().filename() == "begin-new-log");  // of the test
}

BOOST_AUTO_TEST_CASE(without_a_daemon_sending_says_how_to_start_one) {
  const DataDirectory data(CATLOG_BIN);
  for (const std::vector<std::string>& arguments :
       std::vector<std::vector<std::string>>{{"send"}, {"import", "tmdb", data.path().string()}, {"tail"}}) {
    const Ran ran = data.catlog(arguments, "{\"putGenre\":{\"tmdbId\":16,\"name\":\"Animation\"}}\n");
    BOOST_TEST(ran.exit_code == 6);
    BOOST_TEST(has(ran.err, "catlogd --data"));
  }
  std::ofstream(data / "file") << "no directory";
  const Ran ran = run({CATLOG_BIN "/catlog", "version-of", "movies/1", "--data", data / "file"});
  BOOST_TEST(ran.exit_code == 6, ran.err);
  BOOST_TEST(has(ran.err, "catlogd --data"), ran.err);  // at once, not when nobody has answered
}

// One of them ended in an abort, after commands that went well.
BOOST_AUTO_TEST_CASE(a_full_stderr_changes_nothing_and_a_full_stdout_is_a_failure) {
  const DataDirectory data(CATLOG_BIN);
  const Daemon daemon = data.start();
  const std::string command = "{\"putGenre\":{\"tmdbId\":16,\"name\":\"Animation\"}}\n";
  const auto shell = [&](const std::string& arguments, const char* to) {
    const std::string program =
        fmt::format("{}/catlog --data {} {} {}", CATLOG_BIN, data.path().string(), arguments, to);
    return run({"/bin/sh", "-c", program}, command);
  };
  data.out_of({"send"}, command);
  for (const char* arguments :
       {"send", "send --dry-run", "status", "log", "report shows", "sql 'SELECT 1'", "describe"})
    BOOST_TEST(shell(arguments, "2>/dev/full").exit_code == 0, arguments);
  BOOST_TEST(shell("nonsense", "2>/dev/full").exit_code == 2);
  BOOST_TEST(shell("report nonsense", "2>/dev/full").exit_code == 2);
  BOOST_TEST(shell("import tmdb /dev/null", "2>/dev/full").exit_code == 1);
  for (const char* arguments : {"send",
                                "send --dry-run",
                                "status",
                                "status --json",
                                "log",
                                "report shows",
                                "report",
                                "sql 'SELECT 1'",
                                "sql 'SELECT 1' --format json",
                                "describe",
                                "describe putMovie",
                                "describe movieRated",
                                "schema --python",
                                "schema --asyncapi",
                                "history genres/1",
                                "explain genres 1 name",
                                "tail --from 1 --count 1",
                                "verify",
                                "prove 1",

                                "import tmdb /dev/null",
                                "--help",
                                "--version"}) {
    const Ran ran = shell(arguments, ">/dev/full");
    BOOST_TEST(ran.exit_code == 4, fmt::format("{}: {} {}", arguments, ran.exit_code, ran.err));
    BOOST_TEST(has(ran.err, "cannot write to the standard output"), fmt::format("{}: {}", arguments, ran.err));
  }
}

BOOST_AUTO_TEST_CASE(the_data_directory_stands_before_or_after_the_subcommand) {
  const DataDirectory data(CATLOG_BIN);
  small_catalogue().append_to(data / "log");
  const Ran before = run({CATLOG_BIN "/catlog", "--data", data.path().string(), "log"});
  const Ran after = run({CATLOG_BIN "/catlog", "log", "--data", data.path().string()});
  BOOST_TEST(before.exit_code == 0);
  BOOST_TEST(after.exit_code == 0);
  BOOST_TEST(before.out == after.out);
}

BOOST_AUTO_TEST_CASE(describe_knows_every_command_and_event) {
  const DataDirectory data(CATLOG_BIN);
  const Ran list = data.catlog({"describe"});
  BOOST_TEST(list.exit_code == 0);
  for (const auto& command : events::model().commands()) {
    BOOST_TEST(has(list.out, command.name));
    const Ran one = data.catlog({"describe", command.name});
    BOOST_TEST(one.exit_code == 0);
    BOOST_TEST(has(one.out, command.example));
  }
  for (const auto& event : events::model().events()) {
    BOOST_TEST(has(list.out, event.name));
    const Ran one = data.catlog({"describe", event.name});
    BOOST_TEST(one.exit_code == 0);
    for (const auto& column : event.columns)
      BOOST_TEST(has(one.out, fmt::format("\n  {} ", column.name)) == !column.secret, event.name);
  }
  const std::string lines = data.catlog({"describe", "--json"}).out;
  BOOST_TEST(std::ranges::count(lines, '\n') ==
             static_cast<ptrdiff_t>(events::model().commands().size() + events::model().events().size()));
  const std::string movie = data.catlog({"describe", "putMovie"}).out;
  BOOST_TEST(has(movie, "tmdbId"));
  BOOST_TEST(has(movie, "required"));
  BOOST_TEST(!has(movie, "genreIds"));  // the handler's
}

BOOST_AUTO_TEST_CASE(dry_run_gives_ids_and_refuses_what_cannot_be_read) {
  const DataDirectory data(CATLOG_BIN);
  const Ran good =
      data.catlog({"send", "--dry-run"},
                  "{\"putGenre\":{\"tmdbId\":16,\"name\":\"Animation\"}}\n\n"
                  "{\"id\":\"01936b2e-8c00-7000-8000-00000000a001\",\"removeGenre\":{\"genre\":{\"tmdbId\":16}}}\n");
  BOOST_TEST(good.exit_code == 0);
  BOOST_TEST(lines_of(good.out) == 2u);
  BOOST_TEST(good.out.starts_with("{\"id\":\""));
  BOOST_TEST(has(good.out, "\",\"putGenre\":{\"tmdbId\":16,\"name\":\"Animation\"}}\n"));
  BOOST_TEST(has(good.out, "\n{\"id\":\"01936b2e-8c00-7000-8000-00000000a001\",\"removeGenre\""));

  const Ran bad =
      data.catlog({"send", "--dry-run", "-"}, "{\"putGenre\":{\"tmdbId\":16,\"colour\":\"red\"}}\nnonsense\n{}\n" +
                                                  std::string(events::max_command_bytes + 1, ' ') + "{}");
  BOOST_TEST(bad.exit_code == 1);
  BOOST_TEST(lines_of(bad.out) == 4u);
  BOOST_TEST(has(bad.out, "\"code\":\"malformed\""));
  BOOST_TEST(has(bad.out, "/putGenre/colour"));
  BOOST_TEST(has(bad.out, "\"code\":\"tooLarge\""));
  const Ran named = data.catlog({"send", "--dry-run"}, R"({"nonsense":1,"id":"01936b2e-8c00-7000-8000-00000000a001"})");
  BOOST_TEST(has(named.out, R"({"id":"01936b2e-8c00-7000-8000-00000000a001","refused")"), named.out);
}

BOOST_AUTO_TEST_SUITE_END()
