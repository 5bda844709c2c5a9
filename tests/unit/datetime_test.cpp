#include "events/datetime.h"

#include <boost/test/unit_test.hpp>

#include <string>

#include "events/path.h"

namespace {

using catlog::events::parse_rfc3339;

// Decimals were once added up before they were counted, which overflows.
BOOST_AUTO_TEST_CASE(a_time_has_at_most_six_decimals) {
  const std::string second = "2026-11-23T15:04:05";
  const int64_t whole = *parse_rfc3339(second + "Z");
  BOOST_TEST((parse_rfc3339(second + ".5Z") == whole + 500'000));
  BOOST_TEST((parse_rfc3339(second + ".000001Z") == whole + 1));
  BOOST_TEST((parse_rfc3339(second + ".999999+01:00") == whole + 999'999 - 3'600'000'000));
  for (const size_t decimals : {7, 18, 19, 20, 400})
    for (const char digit : {'0', '9'})
      BOOST_TEST(!parse_rfc3339(second + "." + std::string(decimals, digit) + "Z").has_value(), decimals);
  BOOST_TEST(!parse_rfc3339(second + ".Z").has_value());
}

BOOST_AUTO_TEST_CASE(a_path_without_dots_keeps_the_way_up) {
  using catlog::events::without_dots;
  for (const auto& [path, plain] : {std::pair("/a/./b//", "/a/b"),
                                    {"/a/../b/.", "/a/../b"},
                                    {"/", "/"},
                                    {"/.", "/"},
                                    {"./a", "a"},
                                    {".", "."},
                                    {"", "."},
                                    {"../a/", "../a"}})
    BOOST_TEST(without_dots(path).string() == plain);
}

}  // namespace
