#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <string>
#include <vector>

#include "tests/support/backups.h"
#include "tests/support/sample_events.h"
#include "tests/support/temporary_directory.h"

BOOST_AUTO_TEST_SUITE(bad_backup_test)

// Backups that are not what a backup wrote.

using namespace catlog::store;
using namespace catlog::tests;
using catlog::events::Exit;
using catlog::events::Failure;
namespace fs = std::filesystem;

namespace {

struct BackedUp {
  TemporaryDirectory directory;
  RecordScript script = small_catalogue();
  fs::path backup = directory / "backup", back = directory / "back";
  std::string log_id;

  BackedUp() {
    Log log = Log::open(directory / "data/log", Access::write);
    log_id = log.id();
    script.append_to(log);
    write_bytes(directory / "data/quarantine.json", "{}");
    back_up(log, backup, {.segment_bytes = 1500, .files = {directory / "data/quarantine.json"}});
    BOOST_TEST_REQUIRE(read_manifest(backup).segments.size() > 2u);
  }
  // Neither checking nor restoring takes it, both name all of this, and nothing is left of the restore.
  void check_refused(const std::vector<std::string>& names) {
    const auto is_named = [&](const Failure& failure) {
      BOOST_TEST_MESSAGE(failure.what());
      for (const std::string& name : names)
        BOOST_TEST(std::string(failure.what()).find(name) != std::string::npos, failure.what() << " names " << name);
      return failure.code() == Exit::damaged;
    };
    BOOST_CHECK_EXCEPTION(verify_backup(backup), Failure, is_named);
    BOOST_CHECK_EXCEPTION(restore(backup, back), Failure, is_named);
    BOOST_TEST(!fs::exists(back / "log"));
    BOOST_TEST(!fs::exists(back / "log.restoring"));
  }
  // The same of a manifest that says `to` where it says `from`; then it is right again.
  void check_forgery(const std::string& from, const std::string& to, const std::vector<std::string>& names) {
    const fs::path manifest = backup / "manifest.json";
    const std::string whole = read_bytes(manifest);
    forge_manifest(backup, from, to);
    BOOST_TEST_CONTEXT(to) { check_refused(names); }
    write_bytes(manifest, whole);
  }
  Segment segment(size_t number) const { return read_manifest(backup).segments.at(number); }
};

std::string with(const std::string& name, const std::string& value) { return "\"" + name + "\":" + value; }

}  // namespace

BOOST_FIXTURE_TEST_SUITE(bad_backup, BackedUp)

BOOST_AUTO_TEST_CASE(every_flipped_bit_in_a_segment_is_found_and_its_file_named) {
  const fs::path file = segment_file(backup, 1);
  const std::string whole = read_bytes(file);
  for (size_t byte = 0; byte < whole.size(); ++byte) {
    flip_bit(file, byte, static_cast<int>(byte % 8));
    BOOST_CHECK_EXCEPTION(verify_backup(backup), Failure, [&](const Failure& failure) {
      return failure.code() == Exit::damaged && std::string(failure.what()).find(file.string()) != std::string::npos;
    });
    write_bytes(file, whole);
  }
  verify_backup(backup);
}

BOOST_AUTO_TEST_CASE(every_flipped_bit_in_the_manifest_is_found) {
  const fs::path file = backup / "manifest.json";
  const std::string whole = read_bytes(file);
  for (size_t byte = 0; byte < whole.size(); ++byte) {
    flip_bit(file, byte, static_cast<int>(byte % 8));
    BOOST_CHECK_EXCEPTION(read_manifest(backup), Failure,
                          [](const Failure& failure) { return failure.code() == Exit::damaged; });
  }
  write_bytes(file, whole);
  verify_backup(backup);
}

BOOST_AUTO_TEST_CASE(a_flipped_bit_is_named_by_its_positions) {
  const Segment damaged = segment(1);
  flip_bit(backup / damaged.file, 200);
  check_refused({damaged.file, "position"});
}

BOOST_AUTO_TEST_CASE(what_stands_before_the_damage_can_still_be_restored) {
  const Segment damaged = segment(2);
  flip_bit(backup / damaged.file, 200);
  check_refused({damaged.file});
  restore(backup, back, {.position = damaged.from - 1, .recorded_by_us = {}});
  BOOST_TEST((records_in(back) == prefix_of(script, damaged.from - 1)));
}

BOOST_AUTO_TEST_CASE(segments_that_are_cut_longer_missing_or_no_files_are_refused) {
  const fs::path file = segment_file(backup, 1);
  const std::string name = file.filename(), whole = read_bytes(file);
  for (const std::string& other : {whole.substr(0, whole.size() - 8), whole.substr(0, whole.size() - 3), whole + "x",
                                   whole + whole, std::string()}) {
    write_bytes(file, other);
    check_refused({name, "bytes"});
  }
  fs::remove(file);
  check_refused({name, "missing"});
  write_bytes(directory / "elsewhere", whole);
  fs::create_symlink(directory / "elsewhere", file);
  check_refused({name});
  fs::remove(file);
  fs::create_directory(file);
  check_refused({name});
}

// What is there already is not read again, but nobody is to hear that all is there.
BOOST_AUTO_TEST_CASE(nothing_is_added_to_a_backup_whose_segments_are_cut_or_missing) {
  const Log log = Log::open(directory / "data/log", Access::read);
  const fs::path file = segment_file(backup, 1);
  const auto is_named = [&](const Failure& failure) {
    return failure.code() == Exit::damaged && std::string(failure.what()).find(file.string()) != std::string::npos;
  };
  fs::resize_file(file, fs::file_size(file) - 1);
  BOOST_CHECK_EXCEPTION(back_up(log, backup, {}), Failure, is_named);
  fs::remove(file);
  BOOST_CHECK_EXCEPTION(back_up(log, backup, {}), Failure, is_named);
}

BOOST_AUTO_TEST_CASE(segments_that_changed_places_are_refused) {
  const fs::path first = segment_file(backup, 0), second = segment_file(backup, 1);
  fs::rename(first, directory / "aside");
  fs::rename(second, first);
  fs::rename(directory / "aside", second);
  check_refused({first.filename()});
}

BOOST_AUTO_TEST_CASE(frames_of_absurd_lengths_are_refused) {
  const fs::path file = segment_file(backup, 0);
  const std::string whole = read_bytes(file);
  const auto word = [](uint32_t segments, uint32_t words) {
    std::string bytes(reinterpret_cast<const char*>(&segments), sizeof segments);
    return bytes + std::string(reinterpret_cast<const char*>(&words), sizeof words);
  };
  for (const std::string& frame : {word(0, UINT32_MAX), word(0, 0), word(UINT32_MAX, 1), word(1, 1),
                                   word(0, static_cast<uint32_t>(whole.size()))}) {
    write_bytes(file, frame + whole.substr(frame.size()));
    check_refused({file.filename(), "byte"});
  }
}

BOOST_AUTO_TEST_CASE(a_manifest_cannot_point_anywhere_else) {
  for (const std::string name : {"../../etc/passwd", "/etc/passwd", "", ".", "records-1-2.capnp"})
    check_forgery(with("file", "\"" + segment(0).file + "\""), with("file", "\"" + name + "\""), {"manifest.json"});
  for (const std::string name : {"../quarantine.json", "/etc/cron.json", ".json", "log.json/x", "Q.json", "log"})
    check_forgery("\"quarantine.json\"", "\"" + name + "\"", {"manifest.json"});
  verify_backup(backup);
}

BOOST_AUTO_TEST_CASE(gaps_overlaps_and_absurd_numbers_are_refused) {
  const Segment second = segment(1);
  const std::string from = with("from", std::to_string(second.from)), to = with("to", std::to_string(second.to)),
                    bytes = with("bytes", std::to_string(second.bytes)), format = with("format", "1");
  const std::vector<std::pair<std::string, std::string>> forgeries{
      {from, with("from", std::to_string(second.from + 1))},
      {from, with("from", std::to_string(second.from - 1))},
      {from, with("from", "0")},
      {from, with("from", "\"18446744073709551615\"")},
      {from, with("from", "-1")},
      {to, with("to", std::to_string(second.from - 1))},
      {to, with("to", "\"18446744073709551615\"")},
      {bytes, with("bytes", "\"18446744073709551615\"")},
      {bytes, with("bytes", "0")},
      {format, with("format", "2")},
      {format, with("format", "1") + "," + with("format", "1")},
      {format, with("format", "1") + "," + with("more", "1")},
      {"{", "["},
      {with("logId", "\"" + log_id + "\""), with("logId", "\"mine\"")},
      {"\"sha256\":\"", "\"sha256\":\"00"},
      {"\"root\":\"", "\"root\":\"zz"},
      {"\"frontier\":\"", "\"frontier\":\"00"},
  };
  for (const auto& [right, wrong] : forgeries) check_forgery(right, wrong, {});
  verify_backup(backup);
}

BOOST_AUTO_TEST_CASE(a_manifest_that_lies_about_digest_or_root_is_refused) {
  const Segment second = segment(1);
  const std::string sha256 = catlog::events::hex(second.sha256), root = catlog::events::hex(second.root);
  check_forgery(sha256, root, {second.file, "SHA-256"});
  check_forgery(root, sha256, {second.file, "Merkle root"});
}

BOOST_AUTO_TEST_CASE(no_manifest_and_a_huge_one_are_no_backup) {
  fs::resize_file(backup / "manifest.json", max_manifest_bytes + 1);
  check_refused({"manifest.json", "too large"});
  write_bytes(backup / "manifest.json", "");
  check_refused({"manifest.json"});
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE_END()
