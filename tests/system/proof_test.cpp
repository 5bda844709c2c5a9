#include <boost/test/unit_test.hpp>
#include <fstream>
#include <random>

#include <fmt/format.h>

#include "events/digest.h"
#include "store/log.h"
#include "tests/support/data_directory.h"

using namespace catlog;
using namespace catlog::tests;

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

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const size_t at = text.find(from);
  BOOST_REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_proof_holds_for_its_event_and_its_head_and_no_other) {
  const DataDirectory& data = shared_catalogue();
  const std::string head = head_now(data);
  for (const char* position : {"1", "17", "60"}) {
    const std::string proof = data.out_of({"prove", position});
    BOOST_TEST(check(data, proof, {"--head", head}).exit_code == 0);
    BOOST_TEST(check(data, proof).exit_code == 0);
    const Ran other =
        check(data, proof, {"--head", head.substr(0, head.size() - 1) + (head.back() == '0' ? '1' : '0')});
    BOOST_TEST(other.exit_code == 1);
    BOOST_TEST(other.out.starts_with("does not hold"));
  }
  const std::string proof = data.out_of({"prove", "17", "--record"});
  BOOST_TEST(check(data, proof, {"--head", head}).exit_code == 0);
  BOOST_TEST(check(data, replaced(proof, "\"position\":17", "\"position\":18")).exit_code == 1);
  const size_t digit = proof.find("\"record\":\"") + 300;
  std::string turned = proof;
  turned[digit] = turned[digit] == '0' ? '1' : '0';
  BOOST_TEST(check(data, turned).exit_code == 1);
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

BOOST_AUTO_TEST_CASE(what_is_no_proof_is_wrong_use) {
  const DataDirectory& data = shared_catalogue();
  const std::string proof = data.out_of({"prove", "3"});
  for (const std::string& text :
       {std::string(), std::string("{}"), std::string("[1,2]"), proof.substr(0, proof.size() / 2),
        replaced(proof, "\"leafHash\":\"", "\"leafHash\":\"zz"), replaced(proof, "\"path\"", "\"paht\""),
        std::string(100'000, '[')}) {
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
  const std::string file = (data / "log").string() + "/data.mdb";
  std::string bytes = read_text(file);
  // Within the text of one record, wherever the file has it.
  const size_t at = bytes.find("Genre 41");
  BOOST_REQUIRE(at != std::string::npos);
  std::fstream(file, std::ios::in | std::ios::out | std::ios::binary).seekp(static_cast<long>(at)).put('g');
  BOOST_REQUIRE(bytes.find("Genre 41", at + 1) == std::string::npos);
  const Ran found = data.catlog({"verify"});
  BOOST_TEST(found.exit_code == 5);
  BOOST_TEST(found.out.find("position 41:") != std::string::npos, found.out);
}

// Whatever page is damaged however: an answer, and never "ok" for a record that is not what was appended.
BOOST_AUTO_TEST_CASE(a_damaged_page_is_reported_as_damage_and_not_as_a_crash) {
  const unsigned seed = std::random_device()();
  BOOST_TEST_MESSAGE("seed " << seed);
  std::mt19937 chance(seed);
  constexpr size_t page_bytes = 4096;
  constexpr int rounds = 24;
  const DataDirectory data(CATLOG_BIN);
  fill(data);
  const std::string file = (data / "log").string() + "/data.mdb";
  const std::string good = read_text(file);
  int found_by_death = 0;
  for (int round = 0; round < rounds; ++round) {
    std::string bad = good;
    // The first two pages are LMDB's own meta pages: of those it keeps two, and takes the older when one is damaged.
    const size_t page = 2 + chance() % (bad.size() / page_bytes - 2);
    const size_t from = round % 2 == 0 ? 0 : chance() % page_bytes, length = round % 2 == 0 ? 32 : page_bytes - from;
    for (size_t i = 0; i < length; ++i) bad[page * page_bytes + from + i] = static_cast<char>(chance());
    std::ofstream(file, std::ios::binary) << bad;
    const Ran ran = data.catlog({"verify"});
    // A page that nothing uses may be anything.
    BOOST_TEST((ran.exit_code == 5 || ran.exit_code == 0), ran.exit_code << " " << ran.out << ran.err);
    if (ran.exit_code == 0) {
      const store::Log log = store::Log::open(data / "log", store::Access::read);
      BOOST_TEST(log.head() == static_cast<uint64_t>(genres));
    } else {
      BOOST_TEST(ran.out.size() + ran.err.size() > 0u);
    }
    found_by_death += ran.out.find("stopped the check") != std::string::npos;
  }
  BOOST_TEST_MESSAGE(found_by_death << " of " << rounds << " killed the reader");
  std::ofstream(file, std::ios::binary) << good;
  BOOST_TEST(data.catlog({"verify"}).exit_code == 0);
}

// One that is known to kill: the root page of the records claims more entries than it has.
BOOST_AUTO_TEST_CASE(a_page_that_kills_the_reader_is_a_finding) {
  const DataDirectory data(CATLOG_BIN);
  fill(data);
  const std::string file = (data / "log").string() + "/data.mdb";
  std::string bytes = read_text(file);
  constexpr size_t page_bytes = 4096, lower_at = 12, offsets_at = 16;
  int killed = 0;
  for (size_t page = 2; page < bytes.size() / page_bytes && killed == 0; ++page) {
    std::string bad = bytes;
    // Offsets of nodes that lead far outside the page.
    for (size_t i = 0; i < 64; ++i) bad[page * page_bytes + offsets_at + i] = '\xff';
    bad[page * page_bytes + lower_at] = '\x60';
    std::ofstream(file, std::ios::binary) << bad;
    const Ran ran = data.catlog({"verify"});
    BOOST_TEST((ran.exit_code == 5 || ran.exit_code == 0), ran.exit_code << " " << ran.out << ran.err);
    killed += ran.out.find("stopped the check") != std::string::npos;
  }
  BOOST_TEST_MESSAGE(killed << " killed");
}
