#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <fstream>

#include "tests/support/data_directory.h"

BOOST_AUTO_TEST_SUITE(lost_log_test)

// A log/ that is not there (not mounted, cut out of a restore) was once replaced by an empty one without a word.
namespace {

using namespace catlog::tests;
namespace fs = std::filesystem;

const fs::path programs = CATLOG_BIN;
constexpr const char* genre = R"({"putGenre":{"tmdbId":1,"name":"g"}})";

Ran start_in_vain(const DataDirectory& data, std::vector<std::string> more = {}) {
  std::vector<std::string> argv{programs / "catlogd", "--data", data.path()};
  argv.insert(argv.end(), more.begin(), more.end());
  return run(argv);
}

BOOST_AUTO_TEST_CASE(a_missing_log_is_not_begun_anew_beside_what_was_made_from_it) {
  DataDirectory data(programs);
  { BOOST_TEST(Daemon(programs / "catlogd", data.path()).terminate() == 0); }
  fs::rename(data / "log", data / "elsewhere");
  const Ran refused = start_in_vain(data);
  BOOST_TEST(refused.exit_code == 5);
  BOOST_TEST(refused.err.find("bring log/ back") != std::string::npos, refused.err);
  BOOST_TEST(refused.out.find("ready") == std::string::npos);
  BOOST_TEST(!fs::exists(data / "log/data.mdb"));
  fs::rename(data / "elsewhere", data / "log");
  BOOST_TEST(Daemon(programs / "catlogd", data.path()).terminate() == 0);
}

// As a mount point whose file system is not there looks.
BOOST_AUTO_TEST_CASE(an_empty_directory_is_no_new_catalogue_unless_a_sign_says_so) {
  const TemporaryDirectory empty;
  const std::vector<std::string> start{programs / "catlogd", "--data", empty.path()};
  const Ran refused = run(start);
  BOOST_TEST(refused.exit_code == 2);
  BOOST_TEST(refused.err.find("touch " + (empty / "begin-new-log").string()) != std::string::npos, refused.err);
  BOOST_TEST(!fs::exists(empty / "log/data.mdb"));
  std::ofstream(empty / "begin-new-log");
  Daemon daemon(programs / "catlogd", empty.path());
  BOOST_TEST(daemon.err().find("a new one is begun") != std::string::npos, daemon.err());
  BOOST_TEST(!fs::exists(empty / "begin-new-log"));
  BOOST_TEST(daemon.terminate() == 0);
  Daemon again(programs / "catlogd", empty.path());
  BOOST_TEST(again.err().find("a new one is begun") == std::string::npos, again.err());
  BOOST_TEST(again.terminate() == 0);
  fs::remove_all(empty / "log");
  for (const char* derived : {"state", "readmodel"}) fs::remove_all(empty / derived);
  BOOST_TEST(run(start).exit_code == 2);  // the sign was good once
}

// Where nothing is the daemon makes all, where somebody made a directory it wants a sign.
BOOST_AUTO_TEST_CASE(the_command_that_is_advised_where_no_log_is_can_be_run_as_it_is_printed) {
  for (const std::vector<std::string>& asked :
       std::vector<std::vector<std::string>>{{"status"}, {"sql", "SELECT 1"}, {"send"}})
    for (const bool is_there : {false, true}) {
      const TemporaryDirectory folder;
      const fs::path data = folder / "it's here";
      if (is_there) fs::create_directory(data);
      std::vector<std::string> argv{programs / "catlog", "--data", data};
      argv.insert(argv.end(), asked.begin(), asked.end());
      const Ran told = run(argv);
      const size_t begin = told.err.find('`') + 1, end = told.err.find('`', begin);
      BOOST_TEST_REQUIRE(end != std::string::npos, told.err);
      std::string advice = told.err.substr(begin, end - begin);
      advice.insert(advice.find("catlogd"), "exec ");
      const std::string script = "{ " + advice +
                                 "; } & daemon=$!\n"
                                 "until [ -S \"$0\"/run/commands.ipc ]; do kill -0 $daemon || exit 9; done\n"
                                 "kill $daemon; wait $daemon";
      const Ran ran = run({"/usr/bin/env", "PATH=" CATLOG_BIN ":/usr/bin:/bin", "/bin/sh", "-c", script, data});
      BOOST_TEST(ran.exit_code == 0, told.err + ran.err);
      BOOST_TEST(fs::exists(data / "log" / "data.mdb"));
    }
}

BOOST_AUTO_TEST_CASE(without_its_log_a_directory_is_no_place_for_a_new_one_in_the_advice_either) {
  const DataDirectory data(programs);
  { BOOST_TEST(Daemon(programs / "catlogd", data.path()).terminate() == 0); }
  fs::rename(data / "log", data / "elsewhere");
  fs::remove_all(data / "run");  // else a daemon is waited for
  const Ran left = data.catlog({"status"}), unanswered = data.catlog({"send"}, genre);
  BOOST_TEST(left.exit_code == 2);
  BOOST_TEST(unanswered.exit_code == 6);
  for (const std::string& said : {left.err, unanswered.err}) {
    BOOST_TEST(has(said, ": state/data.mdb was made of a log that is missing: bring log/ back"), said);
    BOOST_TEST(!has(said, "begin-new-log"), said);
  }
  for (const char* made : {"state", "readmodel"}) fs::remove_all(data / made);
  for (const std::vector<std::string>& asked :
       std::vector<std::vector<std::string>>{{"status"}, {"sql", "SELECT 1"}, {"send"}}) {
    const std::string said = data.catlog(asked, genre).err;
    BOOST_TEST(has(said, ": if there was a log, is it mounted? For a new catalogue `touch"), said);
  }
}

BOOST_AUTO_TEST_CASE(a_directory_that_does_not_exist_is_made_unless_it_must_be_there) {
  const TemporaryDirectory folder;
  const fs::path data = folder / "a" / "b";
  const Ran refused = run({programs / "catlogd", "--data", data, "--existing"});
  BOOST_TEST(refused.exit_code == 2);
  BOOST_TEST(!fs::exists(data));
  BOOST_TEST(Daemon(programs / "catlogd", data.string() + "/").terminate() == 0);
  BOOST_TEST(!fs::exists(data / "begin-new-log"));
  BOOST_TEST(std::distance(fs::directory_iterator(data.parent_path()), {}) == 1);
  BOOST_TEST(Daemon(programs / "catlogd", data, {"--existing"}).terminate() == 0);
  fs::create_symlink(folder / "nowhere", folder / "link");
  BOOST_TEST(run({programs / "catlogd", "--data", folder / "link"}).exit_code == 2);
}

// What was answered is in the log that the next start opens, or was never answered.
BOOST_AUTO_TEST_CASE(a_log_that_is_replaced_under_the_daemon_ends_it_before_it_answers) {
  DataDirectory data(programs);
  Daemon daemon(programs / "catlogd", data.path());
  data.out_of({"send", "-"}, genre);
  fs::rename(data / "log", data / "log.gone");
  fs::create_directory(data / "log");
  fs::copy(data / "log.gone/data.mdb", data / "log/data.mdb");
  const Ran sent = data.catlog({"send", "--wait-s", "1", "-"}, R"({"putGenre":{"tmdbId":2,"name":"h"}})");
  BOOST_TEST(sent.out.find("accepted") == std::string::npos, sent.out);
  BOOST_TEST(daemon.wait() == 4);
  BOOST_TEST(daemon.err().find("is not the one that was opened") != std::string::npos, daemon.err());
  // Both derived folders may hold the command that was never answered.
  for (const char* derived : {"state", "readmodel"}) fs::remove_all(data / derived);
  Daemon again(programs / "catlogd", data.path());
  BOOST_TEST(data.head() == 1u);
  BOOST_TEST(again.terminate() == 0);
}

BOOST_AUTO_TEST_CASE(a_daemon_that_nobody_talks_to_notices_that_its_files_are_gone) {
  for (const char* gone : {"log", "run", "run/commands.ipc", "run/handler.lock"}) {
    DataDirectory data(programs);
    Daemon daemon(programs / "catlogd", data.path());
    fs::remove_all(data / gone);
    BOOST_TEST(daemon.wait() == 4, gone);
    BOOST_TEST(daemon.err().find((data / gone).string()) != std::string::npos, daemon.err());
  }
}

BOOST_AUTO_TEST_CASE(a_daemon_with_a_further_endpoint_notices_that_either_is_gone) {
  for (const char* gone : {"run/commands.ipc", "elsewhere.ipc"}) {
    DataDirectory data(programs);
    const fs::path elsewhere = data / "elsewhere.ipc";
    Daemon daemon(programs / "catlogd", data.path(), {"--commands-endpoint", "ipc://" + elsewhere.string()});
    data.out_of({"send", "--endpoint", "ipc://" + elsewhere.string()}, genre);
    fs::remove(data / gone);
    BOOST_TEST(daemon.wait() == 4);
    BOOST_TEST(daemon.err().find((data / gone).string() + " was") != std::string::npos, daemon.err());
  }
}

// Behind a link `..` is another directory than the text says, as any other program sees it.
BOOST_AUTO_TEST_CASE(the_data_directory_is_the_one_that_the_system_means) {
  const TemporaryDirectory folder;
  fs::create_directories(folder / "disk" / "a");
  fs::create_symlink(folder / "disk" / "a", folder / "link");
  const std::string data = folder / "disk" / "catlog", by_link = folder / "link" / ".." / "catlog";
  { BOOST_TEST(Daemon(programs / "catlogd", data).terminate() == 0); }
  for (const std::string& named : {by_link, by_link + "/", by_link + "/.", data + "/./"}) {
    Daemon daemon(programs / "catlogd", named, {"--existing"});
    BOOST_TEST(daemon.err().find("a new one is begun") == std::string::npos, daemon.err());
    for (const std::string& asked : {data, named}) {
      const Ran sent = run({programs / "catlog", "--data", asked, "send"}, genre);
      BOOST_TEST(sent.exit_code == 0, sent.err);
    }
    BOOST_TEST(daemon.terminate() == 0);
  }
  BOOST_TEST(std::distance(fs::directory_iterator(folder.path()), {}) == 2);
}

BOOST_AUTO_TEST_CASE(a_cut_state_is_told_as_that_and_built_again) {
  DataDirectory data(programs);
  {
    Daemon daemon(programs / "catlogd", data.path());
    data.out_of({"send", "-"}, genre);
    BOOST_TEST(daemon.terminate() == 0);
  }
  for (const uint64_t bytes : {uint64_t{0}, uint64_t{5'000}, uint64_t{8'192}}) {
    fs::resize_file(data / "state/data.mdb", bytes);
    const Ran status = data.catlog({"status"}), verify = data.catlog({"verify"});
    BOOST_TEST(status.exit_code == 0, status.err);
    for (const std::string& said : {status.err, verify.out + verify.err}) {
      BOOST_TEST(said.find("decision state") != std::string::npos, said);
      BOOST_TEST(said.find("built again from the log") != std::string::npos, said);
    }
    BOOST_TEST(verify.exit_code == 5);
    Daemon daemon(programs / "catlogd", data.path());
    BOOST_TEST(daemon.err().find("built again from the log") != std::string::npos, daemon.err());
    BOOST_TEST(daemon.terminate() == 0);
    BOOST_TEST(data.catlog({"verify"}).exit_code == 0);
  }
}

BOOST_AUTO_TEST_CASE(a_restore_that_was_cut_is_not_taken_for_an_empty_directory) {
  DataDirectory data(programs);
  fs::create_directories(data / "log.restoring");
  const Ran refused = start_in_vain(data);
  BOOST_TEST(refused.exit_code == 5);
  BOOST_TEST(refused.err.find("catlog restore") != std::string::npos, refused.err);
  BOOST_TEST(!fs::exists(data / "log/data.mdb"));
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // where those tell of the signal themselves
// LMDB reads beyond the end of a file that was cut.
BOOST_AUTO_TEST_CASE(a_cut_log_is_told_as_damage_by_whoever_reads_it) {
  DataDirectory data(programs);
  {
    Daemon daemon(programs / "catlogd", data.path());
    std::string commands;
    for (int i = 1; i <= 200; ++i) commands += "{\"putGenre\":{\"tmdbId\":" + std::to_string(i) + ",\"name\":\"g\"}}\n";
    data.out_of({"send", "-"}, commands);
    BOOST_TEST(daemon.terminate() == 0);
  }
  fs::resize_file(data / "log/data.mdb", 40'000);
  for (const Ran& ran : {data.catlog({"status"}), data.catlog({"log"}), start_in_vain(data)}) {
    BOOST_TEST(ran.exit_code == 5, ran.err);
    BOOST_TEST(ran.err.find("catlog") != std::string::npos, ran.err);
    BOOST_TEST(ran.err.find("amage") != std::string::npos, ran.err);
  }
}

// The state is derived: whoever ends for it must not send anybody to Restore. It is looked at each second; who reads it
// sooner ends by a signal.
BOOST_AUTO_TEST_CASE(who_ends_for_a_state_that_was_cut_under_it_names_the_state) {
  const TemporaryDirectory folder;
  const fs::path data = folder / "red \x1b[31m";
  std::string commands;
  for (int i = 1; i <= 200; ++i) commands += "{\"putGenre\":{\"tmdbId\":" + std::to_string(i) + ",\"name\":\"g\"}}\n";
  {
    Daemon whole(programs / "catlogd", data);
    BOOST_TEST_REQUIRE(run({programs / "catlog", "--data", data, "send"}, commands).exit_code == 0);
    BOOST_TEST(whole.terminate() == 0);
  }
  Daemon handler(programs / "catlogd", data, {"--only", "handler"});
  fs::resize_file(data / "state/data.mdb", 0);
  run({programs / "catlog", "--data", data, "send", "--wait-s", "1"}, commands);
  const int code = handler.wait();
  const std::string said = handler.err();
  if (code == 5) {
    BOOST_TEST(said.find("state/data.mdb") != std::string::npos, said);
    BOOST_TEST(said.find("no damage of the log") != std::string::npos, said);
  } else {
    BOOST_TEST(code == 4);
    BOOST_TEST(said.find("the decision state was cut, removed or made anew") != std::string::npos, said);
  }
  BOOST_TEST(said.find('\x1b') == std::string::npos);
}
#endif

BOOST_AUTO_TEST_CASE(a_configuration_that_is_not_understood_is_wrong_use) {
  DataDirectory data(programs);
  std::ofstream(data / "catlog.toml") << "nosuch = 1\n";
  BOOST_TEST(start_in_vain(data, {"--config", data / "catlog.toml"}).exit_code == 2);
  BOOST_TEST(start_in_vain(data, {"--min-free-bytes", "-1"}).exit_code == 2);
}

}  // namespace

BOOST_AUTO_TEST_SUITE_END()
