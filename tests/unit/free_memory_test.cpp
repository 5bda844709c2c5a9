#include <boost/test/unit_test.hpp>

#include <cstddef>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "bin/daemon/watching.h"

BOOST_AUTO_TEST_SUITE(free_memory_test)

using namespace catlog;

namespace {

[[maybe_unused]] constexpr size_t block_bytes = 1'000, blocks = 64'000;

[[maybe_unused]] size_t anonymous_kb() {
  std::ifstream status("/proc/self/status");
  const std::string name = "RssAnon:";
  for (std::string line; std::getline(status, line);)
    if (line.starts_with(name)) return std::stoul(line.substr(name.size()));
  return 0;
}

[[maybe_unused]] void give_back(FreeMemory& memory) {
  for (int asked = 0; asked < 3; ++asked) memory.give_back();
}

}  // namespace

// A flood that ends piece by piece: what was in use when memory was last given back is free later.
BOOST_AUTO_TEST_CASE(what_becomes_free_after_some_was_given_back_is_given_back_too) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  BOOST_TEST_MESSAGE("not tried: the sanitizers keep what was freed");
#else
  FreeMemory memory;
  give_back(memory);
  const size_t before_kb = anonymous_kb();
  std::vector<std::unique_ptr<std::string> > flood, stays;
  for (size_t i = 0; i < blocks; ++i) {
    flood.push_back(std::make_unique<std::string>(block_bytes, 'x'));
    // So that no end of the heap is free by itself.
    if (i % 4'000 == 3'999) stays.push_back(std::make_unique<std::string>(block_bytes, 'x'));
  }
  BOOST_TEST(anonymous_kb() > before_kb + 60'000);
  flood.resize(blocks / 2);
  give_back(memory);
  BOOST_TEST(anonymous_kb() < before_kb + 45'000);
  flood.clear();
  give_back(memory);
  BOOST_TEST(anonymous_kb() < before_kb + 12'000);
#endif
}

BOOST_AUTO_TEST_SUITE_END()
