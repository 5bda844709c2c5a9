#include <signal.h>

#include <boost/test/unit_test.hpp>
#include <cstring>
#include <filesystem>
#include <regex>

#include <fmt/format.h>

#include "events/digest.h"
#include "store/log.h"
#include "tests/support/backups.h"
#include "tests/support/chance.h"
#include "tests/support/data_directory.h"

BOOST_AUTO_TEST_SUITE(proof_test)

using namespace catlog;
using namespace catlog::tests;
namespace fs = std::filesystem;

namespace {

constexpr int genres = 60;

void fill(const DataDirectory& data) {
  Daemon daemon = data.start();
  std::string lines;
  for (int i = 1; i <= genres; ++i)
    lines += fmt::format("{{\"putGenre\":{{\"tmdbId\":{},\"name\":\"Genre {}\"}}}}\n", i, i);
  const Ran sent = data.catlog({"send", "-"}, lines);
  BOOST_REQUIRE(sent.exit_code == 0);
  BOOST_REQUIRE(daemon.terminate() == 0);
}

const DataDirectory& shared_catalogue() {
  static const DataDirectory data(CATLOG_BIN);
  static const bool is_filled = (fill(data), true);
  BOOST_REQUIRE(is_filled);
  return data;
}

std::string line(std::string text) {
  if (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

std::string head_now(const DataDirectory& data) {
  const Row status = read_row(line(data.out_of({"status", "--json"})));
  const std::string root = status.at("root");
  return status.at("head") + ":" + root.substr(1, root.size() - 2);
}

Ran check(const DataDirectory& data, const std::string& proof, std::vector<std::string> more = {}) {
  std::vector<std::string> arguments{"check-proof", "-"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return data.catlog(arguments, proof);
}

std::string with_other_digit(std::string text, size_t at) {
  text.at(at) = text.at(at) == '0' ? '1' : '0';
  return text;
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const size_t at = text.find(from);
  BOOST_REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

std::vector<size_t> places_of(const std::string& part, const std::string& text) {
  std::vector<size_t> places;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) places.push_back(at);
  BOOST_TEST_REQUIRE(!places.empty());
  return places;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_proof_holds_for_its_event_and_its_head_and_no_other) {
  const DataDirectory& data = shared_catalogue();
  const std::string head = head_now(data);
  for (const char* position : {"1", "17", "60"}) {
    const std::string proof = data.out_of({"prove", position});
    BOOST_TEST(check(data, proof, {"--head", head}).exit_code == 0);
    BOOST_TEST(check(data, proof).exit_code == 0);
    const Ran other = check(data, proof, {"--head", with_other_digit(head, head.size() - 1)});
    BOOST_TEST(other.exit_code == 1);
    BOOST_TEST(other.out.starts_with("does not hold"));
  }
  const std::string proof = data.out_of({"prove", "17", "--record"});
  BOOST_TEST(check(data, proof, {"--head", head}).exit_code == 0);
  BOOST_TEST(check(data, replaced(proof, "\"position\":17", "\"position\":18")).exit_code == 1);
  BOOST_TEST(check(data, with_other_digit(proof, proof.find("\"record\":\"") + 300)).exit_code == 1);
}

BOOST_AUTO_TEST_CASE(an_older_log_is_proven_to_be_the_beginning) {
  const DataDirectory& data = shared_catalogue();
  const std::string head = head_now(data);
  const std::string proof = data.out_of({"prove", "--from", "23"});
  BOOST_TEST(check(data, proof, {"--head", head}).exit_code == 0);
  // The head that somebody kept at 23.
  const auto root = store::Log::open(data / "log", store::Access::read).snapshot().tree_head(23).root;
  const std::string old = "23:" + events::hex(root);
  BOOST_TEST(check(data, proof, {"--head", head, "--from-head", old}).exit_code == 0);
  BOOST_TEST(check(data, proof, {"--from-head", replaced(old, "23:", "22:")}).exit_code == 1);
  BOOST_TEST(check(data, replaced(proof, "\"size\":23", "\"size\":24")).exit_code == 1);
  BOOST_TEST(check(data, data.out_of({"prove", "--from", "5", "--at", "23"}), {"--head", old}).exit_code == 0);
}

// A folder with a proof and nothing else; no --data, and CATLOG_DATA unset or naming an empty directory.
BOOST_AUTO_TEST_CASE(a_proof_is_checked_where_nothing_of_the_log_is) {
  const DataDirectory& data = shared_catalogue();
  const std::string head = head_now(data);
  const TemporaryDirectory folder, empty;
  const auto check_alone = [&](const std::string& proof, const std::string& trusted) {
    write_bytes(folder / "proof", proof);
    const auto check_with = [&](std::vector<std::string> argv) {
      argv.insert(argv.begin(), {"/usr/bin/env", "-C", folder.path()});
      argv.insert(argv.end(), {CATLOG_BIN "/catlog", "check-proof", "proof", "--head", trusted});
      return run(argv);
    };
    const Ran unset = check_with({}), named = check_with({"CATLOG_DATA=" + empty.path().string()});
    BOOST_TEST(unset.exit_code == named.exit_code);
    BOOST_TEST(unset.out == named.out);
    BOOST_TEST(unset.out.starts_with(unset.exit_code == 0 ? "holds" : "does not hold"), unset.out << unset.err);
    BOOST_TEST(std::distance(fs::directory_iterator(folder.path()), {}) == 1);
    BOOST_TEST(fs::is_empty(empty.path()));
    return unset;
  };
  for (const std::vector<std::string>& claim :
       std::vector<std::vector<std::string>>{{"prove", "17"}, {"prove", "--from", "23"}}) {
    const std::string proof = data.out_of(claim);
    const Ran right = check_alone(proof, head);
    BOOST_TEST(right.exit_code == 0);
    BOOST_TEST(has(right.out, head), right.out);
    BOOST_TEST(check_alone(proof, with_other_digit(head, head.size() - 1)).exit_code == 1);
    BOOST_TEST(check_alone(proof, replaced(head, "60:", "59:")).exit_code == 1);
    BOOST_TEST(check_alone(replaced(proof, "\"size\":60", "\"size\":61"), head).exit_code == 1);
    // Each hash with another digit, a later one each time.
    const std::regex hash("[0-9a-f]{64}");
    size_t hashes = 0;
    for (auto found = std::sregex_iterator(proof.begin(), proof.end(), hash); found != std::sregex_iterator();
         ++found, ++hashes)
      BOOST_TEST(check_alone(with_other_digit(proof, static_cast<size_t>(found->position()) + 9 * hashes % 64), head)
                     .exit_code == 1);
    BOOST_TEST(hashes > 6u);
  }
}

BOOST_AUTO_TEST_CASE(what_is_no_proof_is_wrong_use) {
  const DataDirectory& data = shared_catalogue();
  const std::string proof = data.out_of({"prove", "3"});
  for (const std::string& text :
       {std::string(), std::string("{}"), std::string("[1,2]"), proof.substr(0, proof.size() / 2),
        replaced(proof, "\"leafHash\":\"", "\"leafHash\":\"zz"), replaced(proof, "\"path\"", "\"paht\""),
        replaced(proof, "\"logId\":\"", "\"logId\":\"x\\nholds: "), std::string(100'000, '[')}) {
    const Ran ran = check(data, text);
    BOOST_TEST(ran.exit_code == 2);
    BOOST_TEST(!ran.err.empty());
  }
  BOOST_TEST(check(data, proof, {"--head", "nonsense"}).exit_code == 2);
  BOOST_TEST(data.catlog({"prove"}).exit_code == 2);
  BOOST_TEST(data.catlog({"prove", "0"}).exit_code == 2);
  BOOST_TEST(data.catlog({"prove", "61"}).exit_code == 2);
  BOOST_TEST(data.catlog({"prove", "6", "--at", "5"}).exit_code == 2);
  BOOST_TEST(data.catlog({"prove", "6", "--from", "5"}).exit_code == 2);
}

BOOST_AUTO_TEST_CASE(a_receipt_carries_the_head_when_it_is_asked_for) {
  DataDirectory data(CATLOG_BIN);
  Daemon daemon = data.start();
  const std::string command =
      R"({"id":"01936b2e-8c00-7000-8000-00000000b001","wantHead":true,"putGenre":{"tmdbId":16,"name":"Animation"}})";
  const std::string receipt = data.out_of({"send", "-"}, command);
  const std::string head = head_now(data);
  BOOST_TEST(receipt.find(fmt::format(R"("head":{{"size":1,"root":"{}"}})", head.substr(2))) != std::string::npos,
             receipt);
  // A repeated one, an unchanged one and one that does not ask.
  BOOST_TEST(data.out_of({"send", "-"}, command) == receipt);
  const std::string again =
      data.out_of({"send", "-"}, R"({"wantHead":true,"putGenre":{"tmdbId":16,"name":"Animation"}})");
  BOOST_TEST(again.find("\"unchanged\"") != std::string::npos);
  BOOST_TEST(again.find(head.substr(2)) != std::string::npos, again);
  BOOST_TEST(data.out_of({"send", "-"}, R"({"putGenre":{"tmdbId":35,"name":"Comedy"}})").find("head") ==
             std::string::npos);
  const std::string proof = data.out_of({"prove", "1", "--at", "1"});
  BOOST_TEST(check(data, proof, {"--head", head}).exit_code == 0);
  BOOST_TEST(daemon.terminate() == 0);
}

BOOST_AUTO_TEST_CASE(a_bit_turned_in_the_file_is_named_by_position) {
  const DataDirectory data(CATLOG_BIN);
  fill(data);
  BOOST_TEST(data.catlog({"verify"}).exit_code == 0);
  const fs::path file = data / "log/data.mdb";
  std::string bytes = read_text(file);
  // Within the text of one record, wherever the file has it: also in pages that are not in use any more.
  for (const size_t at : places_of("Genre 41", bytes)) bytes[at] = 'g';
  write_bytes(file, bytes);
  const Ran found = data.catlog({"verify"});
  BOOST_TEST(found.exit_code == 5);
  BOOST_TEST(found.out.find("position 41:") != std::string::npos, found.out);
  // Nothing is proven of it, and of its neighbours what the log knew.
  const Ran unproven = data.catlog({"prove", "41"});
  BOOST_TEST(unproven.exit_code == 5);
  BOOST_TEST(unproven.out == "");
  BOOST_TEST(has(unproven.err, "does not hold"), unproven.err);
  BOOST_TEST(check(data, data.out_of({"prove", "42"}), {"--head", head_now(data)}).exit_code == 0);
}

namespace {

constexpr size_t page_bytes = 4096;

// A log's file that can be damaged, and whole again.
struct DamagedLog {
  const DataDirectory data{CATLOG_BIN};
  const fs::path file = data / "log/data.mdb";
  std::string good;
  FakeRecords records;

  DamagedLog() {
    fill(data);
    good = read_text(file);
    records = records_in(data.path());
  }
  Ran verify(const std::string& bytes, std::vector<std::string> more = {}) const {
    write_bytes(file, bytes);
    more.insert(more.begin(), "verify");
    return data.catlog(more);
  }
};

uint16_t half_word(const std::string& bytes, size_t at) {
  uint16_t value;
  std::memcpy(&value, &bytes.at(at), sizeof value);
  return value;
}

// Where the node of a page begins that holds the byte; 0: there is none, the byte is a remnant. Offsets of nodes stand
// behind a header of 16 bytes, which says where they end; a node begins with the length of its value.
size_t node_around(const std::string& bytes, size_t at) {
  constexpr size_t lower_at = 12, offsets_at = 16, node_header_and_key_bytes = 16;
  const size_t page = at / page_bytes * page_bytes;
  for (size_t offset = offsets_at; offset < half_word(bytes, page + lower_at); offset += 2) {
    const size_t begin = page + half_word(bytes, page + offset);
    if (begin <= at && at < begin + node_header_and_key_bytes + half_word(bytes, begin)) return begin;
  }
  return 0;
}

}  // namespace

// Whatever page is damaged however: an answer, and never "ok" for a record that is not what was appended.
BOOST_FIXTURE_TEST_CASE(a_damaged_page_is_reported_as_damage_and_not_as_a_crash, DamagedLog) {
  Chance chance;
  BOOST_TEST_MESSAGE("seed " << chance.seed());
  int found = 0, found_by_death = 0, harmless = 0;
  // The first two pages are LMDB's own meta pages: of those it keeps two, and takes the older when one is damaged.
  for (size_t page = 2; page < good.size() / page_bytes; ++page) {
    const size_t any = chance.up_to(page_bytes - 1);
    // Its header, a part of it to its end, the offsets of its nodes.
    for (const auto& [from, to] : {std::pair<size_t, size_t>(0, 32), {any, page_bytes}, {16, 80}}) {
      std::string bad = good;
      for (size_t i = from; i < to; ++i) bad[page * page_bytes + i] = static_cast<char>(chance.up_to(255));
      BOOST_TEST_CONTEXT("CATLOG_SEED=" << chance.seed() << ": page " << page << " from " << from << " to " << to) {
        const Ran ran = verify(bad);
        BOOST_TEST((ran.exit_code == 5 || ran.exit_code == 0), ran.exit_code << " " << ran.out << ran.err);
        if (ran.exit_code == 0)  // a page that nothing uses may be anything
          BOOST_TEST((records_in(data.path()) == records));
        else
          BOOST_TEST(ran.out.size() + ran.err.size() > 0u);
        (ran.exit_code == 0 ? harmless : found) += 1;
        found_by_death += has(ran.out, "stopped the check");
      }
    }
  }
  BOOST_TEST(found > 0);
  BOOST_TEST_MESSAGE(found << " found, " << found_by_death << " of them by the reader's death; " << harmless
                           << " harmless");
  BOOST_TEST(verify(good).exit_code == 0);
}

// One that kills for certain: by its node a record goes on far behind the end of the file.
BOOST_FIXTURE_TEST_CASE(a_page_that_kills_the_reader_is_a_finding, DamagedLog) {
  std::string bad = good;
  constexpr uint16_t size_of_2_gib[] = {0xfff8, 0x7fff};
  int nodes = 0;
  for (const size_t at : places_of("Genre 41", good)) {
    const size_t node = node_around(good, at);
    if (node == 0) continue;
    std::memcpy(&bad.at(node), size_of_2_gib, sizeof size_of_2_gib);
    ++nodes;
  }
  BOOST_TEST(nodes > 0);
  for (const std::vector<std::string>& depth : {std::vector<std::string>{}, {"--deep"}}) {
    const Ran ran = verify(bad, depth);
    BOOST_TEST(ran.exit_code == 5);
    BOOST_TEST(ran.out.starts_with("damaged: a page that is not what it should be stopped the check: "), ran.out);
    BOOST_TEST(has(ran.out, fmt::format("it was ended by signal {} (", SIGBUS)), ran.out);
    BOOST_TEST(has(ran.out, "while hashing the log, after position "), ran.out);
  }
  const TemporaryDirectory folder;
  // Who looks at what a record says of itself does not follow it there.
  for (const std::vector<std::string>& command : std::vector<std::vector<std::string>>{
           {"log"}, {"prove", "41"}, {"history", "genres/41"}, {"rebuild"}, {"backup", folder / "backup"}}) {
    const Ran ran = data.catlog(command);
    BOOST_TEST(ran.exit_code == 5, command.front() << ": " << ran.exit_code);
    BOOST_TEST(has(ran.err, "position 41"), ran.err);
  }
  BOOST_TEST(verify(good).out == "ok\n");
}

BOOST_AUTO_TEST_SUITE_END()
