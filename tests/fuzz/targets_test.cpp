#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "events/digest.h"
#include "events/text/json_text.h"
#include "events/text/utf8.h"
#include "tests/fuzz/targets/target.h"
#include "tests/support/chance.h"
#include "tests/support/in_memory.h"
#include "tests/support/soak.h"
#include "tests/support/suite.h"

BOOST_AUTO_TEST_SUITE(targets_test)

// Each target with its corpus, and for a moment with changes of it. `ops/fuzz` has libFuzzer look for what is new.

using namespace catlog;
using namespace catlog::tests;

namespace {

const OfSuite<InMemory> in_memory;

constexpr uint64_t usual_seed = 1;
constexpr auto time_of_kind = std::chrono::milliseconds(is_sanitized ? 2'000 : 1'200);

// Bytes that mean something to one of the readers.
constexpr std::string_view pieces[] = {"{",
                                       "}",
                                       "[",
                                       "]",
                                       "\"",
                                       ":",
                                       ",",
                                       "\n",
                                       "=",
                                       "null",
                                       "true",
                                       "-1",
                                       "1e999",
                                       "0",
                                       "\\u0000",
                                       "\\ud83d",
                                       "\xFF",
                                       "\xEF\xBB\xBF",
                                       "9007199254740993",
                                       "18446744073709551615",
                                       "9223372036854775807",
                                       "[[[[[[[[",
                                       "%00",
                                       "&xt.1=",
                                       "\x1B[2J",
                                       std::string_view("\0\0\0\0\0\0\0\0", 8),
                                       "\xFF\xFF\xFF\xFF"};

using Corpus = std::vector<std::string>;

Corpus corpus_of(std::string_view kind) {
  Corpus corpus;
  const auto folder = std::filesystem::path(CATLOG_SOURCE) / "tests/fuzz/corpus" / kind;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) corpus.push_back(read_file(entry.path()));
  std::ranges::sort(corpus);  // whatever order the folder has them in
  return corpus;
}

class Mutation {
 public:
  Mutation(const Corpus& corpus, uint64_t seed) : corpus_(corpus), random_(seed) {}
  std::string next() {
    std::string text = any();
    for (auto changes = 1 + below(4); changes > 0; --changes) change(text);
    return text;
  }

 private:
  size_t below(size_t end) { return std::uniform_int_distribution<size_t>(0, end - 1)(random_); }
  const std::string& any() { return corpus_[below(corpus_.size())]; }
  void change(std::string& text) {
    const size_t at = below(text.size() + 1);
    switch (below(7)) {
      case 0:
        if (at < text.size()) text[at] = static_cast<char>(below(256));
        break;
      case 1:
        if (at < text.size()) text[at] = static_cast<char>(text[at] ^ (1 << below(8)));
        break;
      case 2:
        text.erase(at, below(16));
        break;
      case 3:
        text.insert(at, pieces[below(std::size(pieces))]);
        break;
      case 4:
        text.insert(at, part_of(any()));
        break;
      case 5:
        text.insert(at, part_of(std::string(text)));
        break;
      default:
        text.resize(at);
    }
  }
  std::string part_of(const std::string& other) { return other.substr(below(other.size() + 1), below(64)); }

  const Corpus& corpus_;
  std::mt19937_64 random_;
};

// What is wrong, with the input.
std::optional<std::string> fault_of(const Target& target, const std::string& text) {
  try {
    target.try_input({reinterpret_cast<const uint8_t*>(text.data()), text.size()});
    return {};
  } catch (const std::exception& fault) {
    std::string shown;
    if (events::is_utf8(text))
      events::write_json_text(text, shown);
    else
      shown = "in hex " + events::hex({reinterpret_cast<const uint8_t*>(text.data()), text.size()});
    return fmt::format("{}: {} with {}", target.kind, fault.what(), shown);
  }
}

}  // namespace

BOOST_AUTO_TEST_CASE(corpora) {
  for (const Target& target : targets()) {
    const Corpus corpus = corpus_of(target.kind);
    BOOST_TEST(corpus.size() >= 5u);
    for (const std::string& text : corpus) {
      BOOST_TEST(text.size() <= target.max_bytes);
      if (const auto fault = fault_of(target, text)) BOOST_ERROR(*fault);
    }
  }
}

BOOST_AUTO_TEST_CASE(changes_of_them) {
  // Always the same changes, as far as the time goes; in ops/soak, and with CATLOG_SEED, others.
  const uint64_t seed = std::getenv("CATLOG_SOAK") ? Chance().seed() : from_environment("CATLOG_SEED", usual_seed);
  BOOST_TEST_MESSAGE("seed " << seed);
  for (const Target& target : targets()) {
    const Corpus corpus = corpus_of(target.kind);
    Mutation mutation(corpus, seed);
    size_t inputs = 0;
    const auto end = std::chrono::steady_clock::now() + time_of_kind;
    for (; std::chrono::steady_clock::now() < end; ++inputs) {
      const std::string text = mutation.next().substr(0, target.max_bytes);
      if (const auto fault = fault_of(target, text)) BOOST_FAIL(*fault);
    }
    BOOST_TEST_MESSAGE(target.kind << ": " << inputs << " inputs");
    BOOST_TEST(inputs > 0u);
  }
}

BOOST_AUTO_TEST_SUITE_END()
