#include <boost/test/unit_test.hpp>

#include <fstream>
#include <sstream>

#include "store/read_all.h"

BOOST_AUTO_TEST_SUITE(read_all_test)

using catlog::store::read_all;

namespace {

constexpr size_t longer_than_a_part = 200'000;

std::optional<std::string> read_text(const std::string& text, size_t max_bytes) {
  std::istringstream in(text);
  return read_all(in, max_bytes);
}

}  // namespace

BOOST_AUTO_TEST_CASE(everything_up_to_the_limit_is_read) {
  for (const size_t size : {size_t{0}, size_t{1}, size_t{65'536}, longer_than_a_part}) {
    const std::string text(size, 'x');
    BOOST_TEST((read_text(text, size) == text));
    BOOST_TEST((read_text(text, size + 1) == text));
  }
}

BOOST_AUTO_TEST_CASE(one_byte_more_is_refused) {
  for (const size_t size : {size_t{1}, size_t{65'536}, longer_than_a_part})
    BOOST_TEST(!read_text(std::string(size, 'x'), size - 1));
}

BOOST_AUTO_TEST_CASE(what_has_no_end_is_left_at_the_limit) {
  std::ifstream endless("/dev/zero", std::ios::binary);
  BOOST_TEST(!read_all(endless, longer_than_a_part));
}

BOOST_AUTO_TEST_CASE(what_cannot_be_opened_or_read_is_nothing) {
  std::ifstream missing("/nowhere/at/all", std::ios::binary), directory("/", std::ios::binary);
  BOOST_TEST(!read_all(missing, 1));
  BOOST_TEST(!read_all(directory, 1));
}

BOOST_AUTO_TEST_SUITE_END()
