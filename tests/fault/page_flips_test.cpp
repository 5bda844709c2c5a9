#include <boost/test/unit_test.hpp>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>

#include <fmt/format.h>

#include "projector/rebuild/verify.h"
#include "store/check_tree.h"
#include "store/pages/page_check.h"
#include "tests/support/child_process.h"
#include "tests/support/command_lines.h"
#include "tests/support/soak.h"
#include "tests/support/write_side.h"

BOOST_AUTO_TEST_SUITE(page_flips_test)

// One bit of the log's or the state's file turned: in any page's header, in both meta pages, in any entry of the list
// of free pages. After each, either the pages' check finds it, or a thousand more commands, with restarts between, are
// right; of the state a start says so and builds it again, so they are right in either case.

using namespace catlog;
using namespace catlog::tests;
namespace fs = std::filesystem;

namespace {

constexpr size_t more_commands = 1'000, commands_a_batch = 25, restarts = 4;
constexpr uint64_t short_form = 211;  // a prime: every bit of a header comes to be turned in some page

struct Bit {
  uint64_t byte;
  unsigned bit;
};

constexpr const char* folders[] = {"log", "state", "keys"};

// As many small commits leave a log and its state, some values on pages of their own, the list of free pages among
// them.
void make_log_and_state(const fs::path& data) {
  WriteSide side;
  for (int i = 1; i <= 60; ++i) side.accept(fmt::format(R"({{"putGenre":{{"tmdbId":{},"name":"genre {}"}}}})", i, i));
  side.send_together({wide_put_movie(1), wide_put_movie(2), wide_put_movie(3)});
  side.settle();
  side.restart();
  for (int i = 61; i <= 70; ++i) side.accept(fmt::format(R"({{"putGenre":{{"tmdbId":{},"name":"g"}}}})", i));
  side.flush_state();
  for (const char* name : folders)
    if (fs::exists(side.directory() / name))
      fs::copy(side.directory() / name, data / name, fs::copy_options::recursive);
}

std::string read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

// Of the value of each list of free pages: where it is in the file, with its length.
std::vector<std::pair<uint64_t, uint64_t>> free_lists(const std::string& file, const store::MetaPage& meta) {
  std::vector<std::pair<uint64_t, uint64_t>> places;
  const uint64_t page_bytes = meta.free.pad, root = meta.free.root;
  BOOST_TEST_REQUIRE(meta.free.depth == 1u);  // else this log is not small
  const auto page = store::read_page(std::as_bytes(std::span(file)).subspan(root * page_bytes, page_bytes), root,
                                     store::Need::writing);
  for (const auto& node : page.value().nodes) places.emplace_back(node.value.data() - file.data(), node.value.size());
  return places;
}

std::vector<Bit> bits_of(const std::string& file, const fs::path& path) {
  store::PageFile pages(path);
  const auto meta = pages.last_commit().value();
  std::vector<Bit> bits;
  const auto add = [&](uint64_t from, uint64_t bytes) {
    for (uint64_t byte = from; byte < from + bytes; ++byte)
      for (unsigned bit = 0; bit < 8; ++bit) bits.push_back({byte, bit});
  };
  for (uint64_t page = 0; page <= meta.last_page; ++page)
    add(page * pages.page_bytes(), page < store::meta_pages ? sizeof(store::MetaPage) : store::page_header_bytes);
  for (const auto& [from, bytes] : free_lists(file, meta)) add(from, bytes);
  return bits;
}

void write_file(const fs::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc)
      .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

class Flips {
 public:
  // Of the log or of the state.
  explicit Flips(const char* folder) : folder_(folder) {
    make_log_and_state(pristine_.path());
    good_ = read_file(pristine_ / folder / "data.mdb");
    bits_ = bits_of(good_, pristine_ / folder / "data.mdb");
  }

  const std::vector<Bit>& bits() const { return bits_; }

  // A copy with this bit turned.
  void turn(const Bit& bit) {
    for (const char* name : folders) {
      fs::remove_all(scratch_ / name);
      if (fs::exists(pristine_ / name)) fs::copy(pristine_ / name, scratch_ / name, fs::copy_options::recursive);
    }
    std::string bytes = good_;
    bytes[bit.byte] = static_cast<char>(bytes[bit.byte] ^ (1 << bit.bit));
    write_file(scratch_ / folder_ / "data.mdb", bytes);
  }

  // What `catlog verify` says: of the pages, or that it cannot be opened; then of the records that lie on them.
  std::string found() const {
    store::PageFile pages(scratch_ / folder_ / "data.mdb");
    const auto meta = pages.last_commit();
    if (!meta) return meta.error();
    const auto check = store::check_pages(pages, *meta, store::Extent::whole, 1);
    if (!check.findings.empty() || folder_ == "state")
      return check.findings.empty() ? std::string() : check.findings.front();
    ChildProcess child([&](const ChildProcess::Line&) {
      const store::Log log = store::Log::open(scratch_ / "log", store::Access::read);
      return store::check_tree(log, 1, {}).findings.empty() ? 0 : 1;
    });
    return child.wait() == 0 ? "" : "a record, or it cannot be read";
  }

  // Whether a start finds the state damaged, and says where it is. It is built again then.
  bool empties_state() const {
    const std::string log_id = store::Log::open(scratch_ / "log", store::Access::read).id();
    const auto states = store::StateStore::open(scratch_ / "state", log_id, store::Access::write);
    return states.emptied_because().find((scratch_ / "state").string()) != std::string::npos;
  }

  // More commands in a process of their own: 0 when all went right, 5 when it was told as damage, -6 for an abort.
  int go_on(size_t commands) const {
    ChildProcess child([&](const ChildProcess::Line&) {
      try {
        for (size_t round = 0; round < restarts; ++round)
          if (const int wrong = send(commands / restarts, round)) return wrong;
        return 0;
      } catch (const events::Failure& failure) {
        return static_cast<int>(failure.code());
      }
    });
    return child.wait();
  }

 private:
  // A start, commands, and an end; then everything is looked at.
  int send(size_t commands, size_t round) const {
    {
      store::Log log = store::Log::open(scratch_ / "log", store::Access::write);
      auto states = store::StateStore::open(scratch_ / "state", log.id(), store::Access::write);
      commandhandler::Writer writer(log, states, scratch_ / "keys");
      const auto before = log.head();
      for (size_t sent = 0; sent < commands;) {
        commandhandler::Writer::Batch batch(writer, writer.last_recorded_us() + 1);
        for (size_t i = 0; i < commands_a_batch; ++i, ++sent) {
          const auto json = fmt::format(R"({{"id":"{}","putGenre":{{"tmdbId":{},"name":"later"}}}})",
                                        events::to_string(events::new_uuid()), 100'000 * (round + 1) + sent);
          const auto receipt = batch.decide(events::read_command(json, events::Encoding::json).value());
          if (!receipt || receipt->verdict != events::Receipt::Verdict::accepted) return 20;
        }
        batch.commit();
      }
      if (log.head() != before + commands) return 21;
    }
    const store::Log log = store::Log::open(scratch_ / "log", store::Access::read);
    if (!log.check_pages(1).empty()) return 22;
    if (!store::check_tree(log, 1, {}).findings.empty()) return 23;
    return projector::verify_log(log).findings.empty() ? 0 : 24;
  }

  std::string folder_;
  TemporaryDirectory pristine_, scratch_;
  std::string good_;
  std::vector<Bit> bits_;
};

}  // namespace

BOOST_AUTO_TEST_CASE(a_turned_bit_is_found_or_does_no_harm) {
  const Sampling sampling(short_form);
  BOOST_TEST_MESSAGE("seed " << sampling.seed << ", every " << sampling.stride << "th bit");
  Flips flips("log");
  std::map<std::string, size_t> counts;
  for (uint64_t i = sampling.first(); i < flips.bits().size(); i += sampling.stride) {
    const Bit& bit = flips.bits()[i];
    flips.turn(bit);
    const std::string finding = flips.found();
    // One that is found may still be opened, where only the whole check can see it; it is no abort that ends it then.
    const int ended = flips.go_on(finding.empty() ? more_commands : 2 * commands_a_batch * restarts);
    BOOST_TEST_INFO("byte " << bit.byte << " (page " << bit.byte / 4096 << "), bit " << bit.bit << ": " << finding);
    if (finding.empty())
      BOOST_TEST(ended == 0);
    else
      BOOST_TEST(ended != -SIGABRT);
    ++counts[finding.empty() ? "harmless" : ended == 5 ? "found, refused to be written" : "found by verify"];
  }
  std::string figures;
  for (const auto& [what, count] : counts) figures += fmt::format("{}{} {}", figures.empty() ? "" : ", ", count, what);
  BOOST_TEST_MESSAGE("figures: " << flips.bits().size()
                                 << " bits of headers, meta pages and lists of free pages, every " << sampling.stride
                                 << "th turned: " << figures);
}

BOOST_AUTO_TEST_CASE(a_turned_bit_of_the_state_is_told_as_that_and_mended_or_does_no_harm) {
  const Sampling sampling(short_form);
  BOOST_TEST_MESSAGE("seed " << sampling.seed << ", every " << sampling.stride << "th bit");
  Flips flips("state");
  size_t turned = 0, told = 0;
  for (uint64_t i = sampling.first(); i < flips.bits().size(); i += sampling.stride, ++turned) {
    const Bit& bit = flips.bits()[i];
    flips.turn(bit);
    const std::string finding = flips.found();
    BOOST_TEST_CONTEXT("byte " << bit.byte << " (page " << bit.byte / 4096 << "), bit " << bit.bit << ": " << finding) {
      BOOST_TEST(flips.empties_state() == !finding.empty());
      BOOST_TEST(flips.go_on(finding.empty() ? more_commands : 2 * commands_a_batch * restarts) == 0);
    }
    if (!finding.empty()) ++told;
  }
  BOOST_TEST_MESSAGE("figures: " << flips.bits().size() << " bits of headers, meta pages and lists of free pages of a "
                                 << "state, " << turned << " turned: " << told << " told, and the state built again");
}

BOOST_AUTO_TEST_SUITE_END()
