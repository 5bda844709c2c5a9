#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/stat.h>
#include <unistd.h>

#include "events/schema/model.h"
#include "projector/sqlite/sqlite.h"
#include "tests/support/data_directory.h"
#include "tests/support/root.h"

BOOST_AUTO_TEST_SUITE(rights_test)

using namespace catlog;
using namespace catlog::tests;
namespace fs = std::filesystem;

namespace {

// None of them need be known to the machine.
constexpr uid_t owner_id = 61'001, auditor_id = 61'002, sender_id = 61'003, stranger_id = 61'004;
constexpr gid_t own_group = 61'001, other_group = 61'009, send_group = 61'010, audit_group = 61'020;

struct Person {
  const char* name;
  uid_t user;
  gid_t group;
  std::string groups;  // as setpriv takes them
};

const Person owner{"owner", owner_id, own_group, fmt::format("{},{}", send_group, audit_group)};
const Person auditor{"auditor", auditor_id, other_group, fmt::format("{}", audit_group)};
const Person sender{"sender", sender_id, other_group, fmt::format("{},{}", send_group, audit_group)};
const Person stranger{"stranger", stranger_id, other_group, fmt::format("{}", other_group)};

std::vector<std::string> as(const Person& person) {
  return {"/usr/bin/env",
          "HOME=/nonexistent",
          "setpriv",
          fmt::format("--reuid={}", person.user),
          fmt::format("--regid={}", person.group),
          "--groups=" + person.groups,
          "--inh-caps=-all"};
}

// Who a file belongs to and may do what with it; its size, where only a writer changes that.
std::string rights_of(const fs::path& path) {
  struct stat about {};
  if (::lstat(path.c_str(), &about) != 0) return "gone";
  const bool is_sized = S_ISREG(about.st_mode) && path.string().find(".sqlite-") == std::string::npos;
  return fmt::format("{}:{} {:o} {}", about.st_uid, about.st_gid, about.st_mode & 07777, is_sized ? about.st_size : 0);
}

std::map<std::string, std::string> all_rights(const fs::path& directory) {
  std::map<std::string, std::string> all;
  for (const auto& entry : fs::recursive_directory_iterator(directory)) all[entry.path()] = rights_of(entry.path());
  return all;
}

std::string differences(const std::map<std::string, std::string>& before,
                        const std::map<std::string, std::string>& after) {
  std::string all;
  for (const auto& [path, rights] : before)
    if (!after.contains(path) || after.at(path) != rights)
      all += fmt::format("{}: {}, then {}; ", path, rights, after.contains(path) ? after.at(path) : "gone");
  for (const auto& [path, rights] : after)
    if (!before.contains(path)) all += fmt::format("{}: new, {}; ", path, rights);
  return all;
}

// What is something to others than the owner and a group.
std::string open_to_others(const fs::path& directory) {
  std::string names;
  for (const auto& entry : fs::recursive_directory_iterator(directory)) {
    const auto found = entry.symlink_status();
    if (found.type() != fs::file_type::symlink && (found.permissions() & fs::perms::others_all) != fs::perms::none)
      names += entry.path().string() + " ";
  }
  return names;
}

// A data directory of `owner`, in which his catlogd runs with a umask; other persons at work on it.
class Household {
 public:
  explicit Household(std::string umask) {
    fs::permissions(folder_.path(), fs::perms::group_exec | fs::perms::others_exec, fs::perm_options::add);
    make_folder("data", owner);
    std::ofstream(data() / "begin-new-log");
    fs::path programs = CATLOG_BIN;
    std::ofstream(folder_ / "catlogd") << "#!/bin/sh\numask " << umask << "\nexec "
                                       << fmt::format("{}", fmt::join(as(owner), " ")) << " "
                                       << (programs / "catlogd").string() << " \"$@\"\n";
    fs::permissions(folder_ / "catlogd", fs::perms::owner_all);
  }

  fs::path data() const { return folder_ / "data"; }
  Daemon start(const std::vector<std::string>& arguments) const { return {folder_ / "catlogd", data(), arguments}; }
  // A folder of the person's own.
  fs::path make_folder(const std::string& name, const Person& person) const {
    fs::create_directory(folder_ / name);
    fs::permissions(folder_ / name, fs::perms::owner_all);
    BOOST_TEST_REQUIRE(::chown((folder_ / name).c_str(), person.user, person.group) == 0);
    return folder_ / name;
  }
  Ran run_as(const Person& person, const std::vector<std::string>& arguments, std::string_view input = {}) const {
    auto all = as(person);
    all.insert(all.end(), {std::string(CATLOG_BIN) + "/catlog", "--data", data().string()});
    all.insert(all.end(), arguments.begin(), arguments.end());
    return run(all, input);
  }

  // Once the daemon has nothing to do any more.
  std::map<std::string, std::string> rights_at_rest() const {
    for (;;) {
      const Row status = read_row(run_as(owner, {"status", "--json"}).out);
      if (status.at("statePosition") == status.at("head") && status.at("lag") == "0") return all_rights(data());
    }
  }

 private:
  TemporaryDirectory folder_;
};

const std::vector<std::string> both_groups{"--group", std::to_string(send_group), "--audit-group",
                                           std::to_string(audit_group)};

constexpr std::string_view genre = R"({"putGenre":{"tmdbId":16,"name":"Animation"}})";
constexpr std::string_view other_genre = R"({"putGenre":{"tmdbId":35,"name":"Comedy"}})";

// What a command ends with for whom; not permitted is a failure.
constexpr int may = 0, may_not = 4;
struct Use {
  std::vector<std::string> command;
  int auditor, sender, stranger;
  std::string_view input = {};
};

const Use uses[] = {
    {{"status"}, may, may, may_not},
    {{"status", "--json"}, may, may, may_not},
    {{"log"}, may, may, may_not},
    {{"history", "genres/1"}, may, may, may_not},
    {{"explain", "genres", "1", "name"}, may, may, may_not},
    {{"verify"}, may, may, may_not},
    {{"verify", "--deep"}, may, may, may_not},
    {{"prove", "1"}, may, may, may_not},
    {{"sql", "SELECT name FROM genres"}, may, may, may_not},
    {{"sql", "SELECT name FROM genres", "--as-of", "1"}, may, may, may_not},
    {{"report", "top-movies"}, may, may, may_not},
    {{"quarantine"}, may, may, may_not},
    {{"backup", "BACKUP"}, may, may, may_not},
    {{"send"}, may_not, may, may_not, other_genre},
    {{"tail", "--from", "1", "--count", "1"}, may_not, may, may_not},
    {{"rebuild"}, may_not, may_not, may_not},
    {{"rebuild", "--back"}, may_not, may_not, may_not},
    {{"quarantine", "1", "--why", "to see who may"}, may_not, may_not, may_not},
};

void use_all(const Household& household, const Person& person, int Use::*expected) {
  const fs::path own = household.make_folder(person.name, person);
  for (const Use& use : uses) {
    auto command = use.command;
    if (command.back() == "BACKUP") command.back() = own / "backup";
    const Ran ran = household.run_as(person, command, use.input);
    BOOST_TEST(ran.exit_code == use.*expected,
               fmt::format("{}: {} ends with {}: {}{}", person.name, fmt::join(command, " "), ran.exit_code,
                           ran.out.substr(0, 300), ran.err));
    if (&person == &stranger) BOOST_TEST(has(ran.err, "\"Who may what\""), ran.err);
  }
}

}  // namespace

BOOST_AUTO_TEST_CASE(auditors_read_and_write_nothing_senders_send_strangers_may_nothing) {
  if (!is_root()) return;
  for (const char* umask : {"077", "000"}) {
    BOOST_TEST_CONTEXT("umask " << umask) {
      const Household household(umask);
      Daemon daemon = household.start(both_groups);
      BOOST_TEST_REQUIRE(household.run_as(sender, {"send"}, genre).exit_code == 0);
      BOOST_TEST(open_to_others(household.data()) == "");
      const auto before = household.rights_at_rest();
      use_all(household, auditor, &Use::auditor);
      use_all(household, stranger, &Use::stranger);
      BOOST_TEST(differences(before, all_rights(household.data())) == "");
      use_all(household, sender, &Use::sender);
      BOOST_TEST(open_to_others(household.data()) == "");
      for (const auto& [path, rights] : all_rights(household.data()))
        BOOST_TEST(rights.starts_with(fmt::format("{}:", owner_id)), path);
      BOOST_TEST(daemon.terminate() == 0);
      // Nobody is at work any more, or was killed at it.
      BOOST_TEST(household.run_as(auditor, {"sql", "SELECT name FROM genres"}).exit_code == 0);
      household.start(both_groups).kill();
      BOOST_TEST(household.run_as(auditor, {"verify"}).exit_code == 0);
      BOOST_TEST(household.run_as(auditor, {"sql", "SELECT name FROM genres"}).exit_code == 0);
    }
  }
}

BOOST_AUTO_TEST_CASE(what_the_owner_and_root_make_later_is_the_auditors_to_read_too) {
  if (!is_root()) return;
  const Household household("022");
  Daemon daemon = household.start(both_groups);
  BOOST_TEST_REQUIRE(household.run_as(owner, {"send"}, genre).exit_code == 0);
  const auto as_root = [&](const std::vector<std::string>& command) {
    std::vector<std::string> all{
        "/bin/sh",       "-c", "umask 077; exec \"$@\"", "sh", std::string(CATLOG_BIN) + "/catlog", "--data",
        household.data()};
    all.insert(all.end(), command.begin(), command.end());
    return run(all).exit_code;
  };
  // In the moment of a switch the WAL is still of the daemon's primary group (RUNBOOK.md), so it asks again.
  const auto auditor_reads = [&] {
    for (int left = 100; left > 0; --left)
      if (household.run_as(auditor, {"sql", "SELECT name FROM genres"}).exit_code == 0) return true;
    return false;
  };
  BOOST_TEST(household.run_as(owner, {"rebuild"}).exit_code == 0);
  BOOST_TEST(auditor_reads());
  BOOST_TEST(as_root({"rebuild"}) == 0);
  BOOST_TEST(as_root({"quarantine", "1", "--why", "to see who may read the list"}) == 0);
  const Ran ran = household.run_as(auditor, {"quarantine"});
  BOOST_TEST(ran.exit_code == 0, ran.err);
  BOOST_TEST(auditor_reads());
  for (const auto& [path, rights] : all_rights(household.data()))
    BOOST_TEST(rights.starts_with(fmt::format("{}:", owner_id)), path);
}

BOOST_AUTO_TEST_CASE(what_an_earlier_start_left_open_is_closed_by_one_with_groups) {
  if (!is_root()) return;
  const Household household("022");
  BOOST_TEST(household.start({}).terminate() == 0);
  BOOST_TEST(open_to_others(household.data()) == "");
  for (const auto& entry : fs::recursive_directory_iterator(household.data()))
    if (!entry.is_symlink())
      fs::permissions(entry, fs::perms::others_read | fs::perms::others_exec, fs::perm_options::add);
  Daemon daemon = household.start({"--group", std::to_string(audit_group)});
  for (const char* folder : {"log", "state", "readmodel", "run"})
    BOOST_TEST(rights_of(household.data() / folder) == fmt::format("{}:{} 750 0", owner_id, audit_group), folder);
  BOOST_TEST(household.run_as(auditor, {"send"}, genre).exit_code == 0);  // one group for both
  BOOST_TEST(household.run_as(stranger, {"status"}).exit_code == may_not);
}

BOOST_AUTO_TEST_CASE(without_groups_the_owners_group_reads_and_nobody_else_whatever_the_umask) {
  if (!is_root()) return;
  for (const char* umask : {"000", "022", "077"}) {
    BOOST_TEST_CONTEXT("umask " << umask) {
      const Household household(umask);
      Daemon daemon = household.start({});
      BOOST_TEST_REQUIRE(household.run_as(owner, {"send"}, genre).exit_code == 0);
      BOOST_TEST_REQUIRE(household.run_as(owner, {"sql", "SELECT 1", "--as-of", "1"}).exit_code == 0);
      BOOST_TEST(open_to_others(household.data()) == "");
    }
  }
}

BOOST_AUTO_TEST_CASE(a_group_that_cannot_be_given_is_said_at_the_start) {
  if (!is_root()) return;
  const Household household("022");
  const auto refused = [&](const std::string& group) {
    return run({(household.data().parent_path() / "catlogd").string(), "--data", household.data(), "--group", group});
  };
  const Ran unknown = refused("no-such-group");
  BOOST_TEST(unknown.exit_code == 2);
  BOOST_TEST(has(unknown.err, "knows no group no-such-group"), unknown.err);
  const Ran foreign = refused(std::to_string(other_group));
  BOOST_TEST(foreign.exit_code == 4);
  BOOST_TEST(has(foreign.err, "member of that group"), foreign.err);
  const Ran roots = run({CATLOG_BIN "/catlogd", "--data", household.data(), "--group", std::to_string(send_group)});
  BOOST_TEST(roots.exit_code == 2);
  BOOST_TEST(has(roots.err, "run catlogd as that user"), roots.err);
}

// What is secret in a read model, by column, as one text for each row.
std::map<std::string, std::vector<std::string>> secrets_in(const fs::path& file) {
  const projector::Database database(file, projector::Open::read);
  std::map<std::string, std::vector<std::string>> secrets;
  for (const auto& type : events::model().events())
    for (const auto& column : type.columns) {
      if (!column.secret) continue;
      const std::string& table = events::model().entity(type.entity).table;
      projector::Statement rows(database,
                                projector::Sql::generated(fmt::format("SELECT {} FROM {}", column.name, table)));
      auto& found = secrets[table + "." + column.name];
      for (found.clear(); rows.step();) found.emplace_back(rows.text(0));
    }
  return secrets;
}

BOOST_AUTO_TEST_CASE(the_published_read_model_holds_no_secret_and_its_folders_group_reads_it) {
  if (!is_root()) return;
  const Household household("022");
  Daemon daemon = household.start(both_groups);
  for (const fs::path& file : demo_files(CATLOG_SOURCE))
    BOOST_TEST_REQUIRE(household.run_as(sender, {"send"}, read_text(file)).exit_code == 0);
  const Row status = read_row(household.run_as(owner, {"status", "--json"}).out);
  BOOST_TEST_REQUIRE(household.run_as(owner, {"sql", "SELECT 1", "--wait-for", status.at("head")}).exit_code == 0);
  const Person reader{"reader", stranger_id, other_group, fmt::format("{}", other_group)};
  const fs::path folder = household.make_folder("published", auditor), file = folder / "published.sqlite";
  fs::permissions(folder, fs::perms::owner_all | fs::perms::group_read | fs::perms::group_exec);

  for (int time = 0; time < 2; ++time) {  // the second time over the first, and event by event
    if (time == 1)
      BOOST_TEST_REQUIRE(household.run_as(owner, {"quarantine", "1", "--why", "to leave one out"}).exit_code == 0);
    const Ran ran = household.run_as(auditor, {"publish", file});
    BOOST_TEST_REQUIRE(ran.exit_code == 0, ran.err);
    BOOST_TEST(rights_of(file).starts_with(fmt::format("{}:{} 640 ", auditor_id, other_group)), rights_of(file));
    BOOST_TEST(std::distance(fs::directory_iterator(folder), {}) == 1);
  }
  auto read = as(reader);
  read.insert(read.end(), {"cat", file});
  const std::string published = run(read).out;
  BOOST_TEST(published.size() == fs::file_size(file));
  const auto secrets = secrets_in(household.data() / "readmodel/current.sqlite"), blank = secrets_in(file);
  BOOST_TEST(secrets.size() >= 4u);
  for (const auto& [column, values] : secrets) {
    BOOST_TEST(!values.empty(), column);
    BOOST_TEST(values.size() == blank.at(column).size(), column);
    for (const auto& value : values) BOOST_TEST(!has(published, value), column);
  }
  BOOST_TEST(household.run_as(auditor, {"verify", "--published", file}).exit_code == 0);
  projector::Database(file, projector::Open::write).run("UPDATE users SET username = username || '!' WHERE id = 1");
  for (const fs::path& none : {folder, folder / "none"}) {
    const Ran ran = household.run_as(auditor, {"verify", "--published", none});
    BOOST_TEST(ran.exit_code == 2);
    BOOST_TEST(has(ran.err, "there is no file " + none.string()), ran.err);
  }
  const Ran found = household.run_as(auditor, {"verify", "--published", file});
  BOOST_TEST(found.exit_code == 1);
  BOOST_TEST(has(found.out, "users 1 username"), found.out + found.err);
}

BOOST_AUTO_TEST_CASE(what_is_no_published_read_model_is_not_written_over) {
  const DataDirectory data(CATLOG_BIN);
  const TemporaryDirectory elsewhere;
  { Daemon daemon = data.start(); }
  std::ofstream(elsewhere / "precious") << "mine";
  BOOST_TEST(data.catlog({"publish", elsewhere / "precious"}).exit_code == 2);
  BOOST_TEST(read_text(elsewhere / "precious") == "mine");
  std::ofstream(elsewhere / "empty") << "";
  projector::Database(elsewhere / "other.sqlite", projector::Open::create).run("CREATE TABLE mine (id INTEGER)");
  for (const fs::path& other : {elsewhere / "precious", elsewhere / "empty", elsewhere / "other.sqlite"}) {
    const Ran ran = data.catlog({"verify", "--published", other});
    BOOST_TEST(ran.exit_code == 2, other << ran.out);
    BOOST_TEST(has(ran.err, other.string() + " is no published read model"), ran.err);
    BOOST_TEST(!has(ran.err, "delete"), ran.err);
  }
  BOOST_TEST(read_text(elsewhere / "precious") == "mine");
  BOOST_TEST(data.catlog({"publish", data / "published.sqlite"}).exit_code == 2);
  BOOST_TEST(data.catlog({"publish", elsewhere / "empty.sqlite"}).exit_code == 0);
  // One whose pages are damaged is no other file.
  std::fstream(elsewhere / "empty.sqlite", std::ios::in | std::ios::out | std::ios::binary).seekp(100)
      << std::string(3'000, 'x');
  BOOST_TEST(data.catlog({"verify", "--published", elsewhere / "empty.sqlite"}).exit_code == 5);
}

BOOST_AUTO_TEST_SUITE_END()
