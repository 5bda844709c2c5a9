#include "store/backup/backup.h"

#include <sys/stat.h>

#include <boost/test/unit_test.hpp>
#include <fstream>
#include <set>

#include "store/files/durable_file.h"
#include "tests/support/backups.h"
#include "tests/support/data_directory.h"
#include "tests/support/random_events.h"
#include "tests/support/sample_events.h"
#include "tests/support/temporary_directory.h"

BOOST_AUTO_TEST_SUITE(backup_test)

using namespace catlog::store;
using namespace catlog::tests;
using catlog::events::Exit;
using catlog::events::Failure;
namespace fs = std::filesystem;

namespace {

// A log and its backups.
struct House {
  TemporaryDirectory directory;
  RecordScript script = small_catalogue();
  Log log = Log::open(directory / "data/log", Access::write);
  fs::path backup = directory / "backup";
  BackupOptions options{.segment_bytes = 1500, .files = {directory / "data/quarantine.json"}};  // several segments

  House() { script.append_to(log); }
  BackupResult back_up() { return catlog::store::back_up(log, backup, options); }
  void add(int commands) {
    for (int i = 0; i < commands; ++i) script.command({movie_rated(1 + i % 2, i, 1), movie_rated(1, i, 2)});
    script.append_to(log);
  }
  // So many events in commands of seven, in one commit: what is copied at once hardly ever ends with a command.
  void add_many(Position events) {
    const Position head = log.head();
    while (script.head() < head + events) {
      const auto number = static_cast<double>(script.head());
      script.command(std::vector<EventDraft>(7, movie_rated(1, number, 7)));
    }
    append_rest(head);
  }
  // Of the script, in one commit.
  void append_rest(Position head) {
    const FakeRecords all = prefix_of(script, script.head());
    append(log, head, FakeRecords(all.begin() + static_cast<ptrdiff_t>(head), all.end()));
  }
  std::set<std::string> files() const {
    std::set<std::string> names;
    for (const auto& entry : fs::directory_iterator(backup)) names.insert(entry.path().filename());
    return names;
  }
};

// Checks the code, and that the sentence says all of this.
auto says(Exit code, std::vector<std::string> parts) {
  return [code, parts](const Failure& failure) {
    BOOST_TEST_MESSAGE(failure.what());
    for (const std::string& part : parts)
      BOOST_TEST(std::string(failure.what()).find(part) != std::string::npos, failure.what() << " says " << part);
    return failure.code() == code;
  };
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(backup, House)

BOOST_AUTO_TEST_CASE(the_first_run_is_full_and_later_ones_add_what_is_new) {
  const BackupResult first = back_up();
  const Position head = log.head();
  BOOST_TEST(first.log_id == log.id());
  BOOST_TEST(first.from == 1u);
  BOOST_TEST(first.to == head);
  BOOST_TEST(first.segments > 2u);
  BOOST_TEST((first.root == log.snapshot().tree_head().root));
  const auto before = files();

  const BackupResult nothing = back_up();
  BOOST_TEST(nothing.from == head + 1);
  BOOST_TEST(nothing.to == head);
  BOOST_TEST(nothing.bytes == 0u);
  BOOST_TEST((files() == before));

  add(3);
  const BackupResult second = back_up();
  BOOST_TEST(second.from == head + 1);
  BOOST_TEST(second.to == log.head());
  BOOST_TEST((second.root == log.snapshot().tree_head().root));
  for (const std::string& name : before) BOOST_TEST(files().contains(name));

  const BackupResult all = verify_backup(backup);
  BOOST_TEST(all.from == 1u);
  BOOST_TEST(all.to == log.head());
  BOOST_TEST(all.bytes == first.bytes + second.bytes);
  BOOST_TEST((all.root == second.root));
}

// So that nobody takes what a first run that was cut leaves for the backup of an empty log.
BOOST_AUTO_TEST_CASE(a_first_run_has_no_manifest_before_its_first_segment_is_written) {
  struct Cut {};
  const auto cut = [&](Position, Position) {
    BOOST_TEST(!has_manifest(backup));
    throw Cut();
  };
  BOOST_CHECK_THROW(catlog::store::back_up(log, backup, options, cut), Cut);
  BOOST_CHECK_EXCEPTION(verify_backup(backup), Failure, says(Exit::usage, {"no backup", "manifest.json"}));
  BOOST_TEST(back_up().to == log.head());
  BOOST_TEST(verify_backup(backup).to == log.head());
}

BOOST_AUTO_TEST_CASE(no_reader_of_the_log_outlives_a_copy) {
  add_many(30'000);
  const Position head = log.head();
  {
    const LogSnapshot held = log.snapshot();
    BOOST_TEST(log.oldest_reader().has_value());  // it would be seen
  }
  std::vector<Position> copied;
  const BackupResult report = catlog::store::back_up(log, backup, {}, [&](Position done, Position total) {
    copied.push_back(done);
    BOOST_TEST(total == head);
    BOOST_TEST(!log.oldest_reader().has_value());
    add(1);  // the log goes on meanwhile
    BOOST_TEST(!log.oldest_reader().has_value());
  });
  BOOST_TEST((copied == std::vector<Position>{10'000, 20'000, 30'000, head}));
  BOOST_TEST(report.segments == 1u);
  BOOST_TEST(report.to == head);
  BOOST_TEST(log.head() == head + 2 * copied.size());

  BOOST_TEST((restore(backup, directory / "back").head == log.snapshot().tree_head(head)));
  BOOST_TEST((records_in(directory / "back") == prefix_of(script, head)));
  BOOST_TEST(back_up().from == head + 1);  // what came meanwhile is the next run's
  BOOST_TEST(read_manifest(backup).last() == log.head());
}

BOOST_AUTO_TEST_CASE(a_segment_of_many_bytes_takes_several_copies_too) {
  constexpr size_t text_bytes = size_t{1} << 20;
  const Position before = log.head();
  for (int64_t id = 3; id < 27; ++id) script.command({movie_described(id, std::string(text_bytes, 'a' + id % 26))});
  append_rest(before);
  std::vector<Position> copied;
  const BackupResult report = catlog::store::back_up(log, backup, {}, [&](Position done, Position) {
    copied.push_back(done);
    BOOST_TEST(!log.oldest_reader().has_value());
  });
  BOOST_TEST(copied.size() == 3u);  // of 8 MiB
  BOOST_TEST(report.segments == 1u);
  restore(backup, directory / "back");
  BOOST_TEST((records_in(directory / "back") == prefix_of(script, script.head())));
}

BOOST_AUTO_TEST_CASE(segments_end_with_commands_and_hold_the_records_one_behind_the_other) {
  back_up();
  std::string bytes;
  const auto& ends = script.command_ends();
  for (const Segment& segment : read_manifest(backup).segments) {
    BOOST_TEST((std::find(ends.begin(), ends.end(), segment.to) != ends.end()));
    bytes += read_bytes(backup / segment.file);
  }
  std::string expected;
  for (const std::string& record : prefix_of(script, script.head())) expected += record;
  BOOST_TEST((bytes == expected));
}

BOOST_AUTO_TEST_CASE(a_backup_is_its_owners_only) {
  back_up();
  struct stat found;
  BOOST_REQUIRE(::stat(backup.c_str(), &found) == 0);
  BOOST_TEST((found.st_mode & 0777) == 0700u);
  for (const std::string& name : files()) {
    if (name == "backup.lock") continue;
    BOOST_REQUIRE(::stat((backup / name).c_str(), &found) == 0);
    BOOST_TEST((found.st_mode & 0777) == 0600u, name);
  }
}

BOOST_AUTO_TEST_CASE(an_empty_log_can_be_backed_up) {
  TemporaryDirectory empty;
  const Log nothing = Log::open(empty / "log", Access::write);
  const BackupResult report = catlog::store::back_up(nothing, empty / "backup", {});
  BOOST_TEST(report.to == 0u);
  BOOST_TEST(verify_backup(empty / "backup").to == 0u);
  const Restored restored = restore(empty / "backup", empty / "back");
  BOOST_TEST(restored.identity.id == nothing.id());
  BOOST_TEST(records_in(empty / "back").empty());
}

BOOST_AUTO_TEST_CASE(another_logs_backup_is_left_alone) {
  back_up();
  TemporaryDirectory elsewhere;
  Log other = Log::open(elsewhere / "log", Access::write);
  script.append_to(other);
  BOOST_CHECK_EXCEPTION(catlog::store::back_up(other, backup, options), Failure,
                        says(Exit::usage, {log.id(), other.id(), "another, empty directory"}));
  verify_backup(backup);
  fs::remove(segment_file(backup, 0));  // it is not ours to say that it is damaged
  BOOST_CHECK_EXCEPTION(catlog::store::back_up(other, backup, options), Failure,
                        says(Exit::usage, {log.id(), other.id(), "another, empty directory"}));
}

BOOST_AUTO_TEST_CASE(a_log_that_was_put_back_or_went_another_way_is_not_mixed_into_its_backup) {
  back_up();
  TemporaryDirectory elsewhere;
  restore(backup, elsewhere.path());  // the same id
  const Position common = log.head();
  add(2);
  back_up();
  Log back = Log::open(elsewhere / "log", Access::write);
  BOOST_TEST(back.id() == log.id());
  BOOST_CHECK_EXCEPTION(catlog::store::back_up(back, backup, options), Failure,
                        says(Exit::usage, {"put back to an earlier time"}));
  RecordScript otherwise = small_catalogue();
  BOOST_TEST(otherwise.head() == common);
  for (int i = 0; i < 5; ++i) otherwise.command({movie_rated(2, 7, 7), movie_rated(2, 8, 7)});
  otherwise.append_to(back);
  BOOST_CHECK_EXCEPTION(catlog::store::back_up(back, backup, options), Failure, says(Exit::usage, {"two histories"}));
}

BOOST_AUTO_TEST_CASE(a_directory_with_something_else_is_left_alone) {
  fs::create_directories(backup);
  write_bytes(backup / "thesis.txt", "of somebody");
  BOOST_CHECK_EXCEPTION(back_up(), Failure, says(Exit::usage, {"thesis.txt"}));
  BOOST_TEST(read_bytes(backup / "thesis.txt") == "of somebody");
}

BOOST_AUTO_TEST_CASE(a_file_is_no_folder_for_a_backup_and_none_is_made_below_one) {
  write_bytes(backup, "of somebody");
  BOOST_CHECK_EXCEPTION(back_up(), Failure, says(Exit::usage, {backup.string(), "is no folder", "name another"}));
  BOOST_CHECK_EXCEPTION(make_directories(backup / "below"), Failure, says(Exit::failure, {"is no folder"}));
  BOOST_CHECK_EXCEPTION(verify_backup(backup), Failure, says(Exit::usage, {backup.string(), "is no folder"}));
  BOOST_TEST(read_bytes(backup) == "of somebody");
}

BOOST_AUTO_TEST_CASE(a_lost_manifest_does_not_cost_the_segments) {
  back_up();
  fs::remove(backup / "manifest.json");
  const auto before = files();
  BOOST_CHECK_EXCEPTION(back_up(), Failure, says(Exit::usage, {"manifest.json is missing"}));
  BOOST_CHECK_EXCEPTION(verify_backup(backup), Failure, says(Exit::usage, {"no manifest.json"}));
  BOOST_TEST((files() == before));
}

BOOST_AUTO_TEST_CASE(one_run_at_a_time) {
  back_up();
  const FileLock running(backup / "backup.lock", "a backup");
  BOOST_CHECK_EXCEPTION(back_up(), Failure, says(Exit::held, {}));
}

BOOST_AUTO_TEST_CASE(what_an_interrupted_run_left_is_cleared_away) {
  back_up();
  const auto before = files();
  const std::string next = segment_name(log.head() + 1, log.head() + 3);
  for (const std::string& stray :
       std::set<std::string>{next, next + ".new", "manifest.json.new", "quarantine-0123456789abcdef.json"})
    write_bytes(backup / stray, "half");
  write_bytes(backup / "notes.txt", "of the operator");
  back_up();
  BOOST_TEST(fs::remove(backup / "notes.txt"));
  BOOST_TEST((files() == before));
}

BOOST_AUTO_TEST_CASE(the_quarantine_list_is_kept_as_it_is_now) {
  write_bytes(directory / "data/quarantine.json", "{\"first\":1}");
  back_up();
  write_bytes(directory / "data/quarantine.json", "{\"second\":2}");
  back_up();
  BOOST_TEST(Restore(backup, directory / "back").kept("quarantine.json").value() == "{\"second\":2}");
  BOOST_TEST(!Restore(backup, directory / "back").kept("other.json").has_value());
  const fs::path kept = backup / read_manifest(backup).files.at(0).file;
  flip_bit(kept, 3);
  BOOST_CHECK_EXCEPTION(verify_backup(backup), Failure, says(Exit::damaged, {kept.filename()}));
  fs::remove(directory / "data/quarantine.json");
  back_up();
  BOOST_TEST(read_manifest(backup).files.empty());
  BOOST_TEST(!fs::exists(kept));
}

BOOST_AUTO_TEST_CASE(a_damaged_log_is_not_backed_up_in_silence) {
  TemporaryDirectory elsewhere;
  Log fake = Log::open(elsewhere / "log", Access::write);
  append(fake, 0, {fake_record(9, 1)});
  BOOST_CHECK_EXCEPTION(catlog::store::back_up(fake, elsewhere / "backup", options), Failure,
                        says(Exit::damaged, {"position 1"}));
  // A record that is sound but not the one that was appended: the log is to blame, and not the copy.
  fs::create_directories(elsewhere / "changed");
  {
    Log changed = Log::open(elsewhere / "changed", Access::write);
    append(changed, 0, prefix_of(script, 3));
  }
  {
    const auto path = elsewhere / "changed/data.mdb";
    std::string bytes = read_text(path);
    const std::string record(reinterpret_cast<const char*>(script.bytes(2).data()), script.bytes(2).size());
    const size_t at = bytes.find(record);
    BOOST_TEST_REQUIRE(at != std::string::npos);
    bytes[at + record.size() - 1] ^= 1;  // far from what it says of itself
    std::ofstream(path, std::ios::binary) << bytes;
  }
  BOOST_CHECK_EXCEPTION(
      catlog::store::back_up(Log::open(elsewhere / "changed", Access::read), elsewhere / "backup3", options), Failure,
      says(Exit::damaged, {"the log among positions 1 to 3", "catlog verify"}));
  Log half = Log::open(elsewhere / "half", Access::write);  // its last command is not whole
  const FakeRecords records = prefix_of(script, script.head());
  const Position cut = *std::adjacent_find(script.command_ends().begin(), script.command_ends().end(),
                                           [](Position a, Position b) { return b > a + 1; }) +
                       1;
  append(half, 0, FakeRecords(records.begin(), records.begin() + static_cast<ptrdiff_t>(cut)));
  BOOST_CHECK_EXCEPTION(catlog::store::back_up(half, elsewhere / "backup2", options), Failure,
                        says(Exit::damaged, {"within a command"}));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE_END()
