#include "events/text/datetime.h"

#include <boost/test/unit_test.hpp>

#include <cstdlib>
#include <ctime>
#include <optional>
#include <string>

#include "events/path.h"

BOOST_AUTO_TEST_SUITE(datetime_test)

using namespace catlog::events;

BOOST_AUTO_TEST_CASE(a_time_is_read_to_the_microsecond) {
  BOOST_TEST(parse_rfc3339("1970-01-01T00:00:00Z").value() == 0);
  BOOST_TEST(parse_rfc3339("1970-01-01T00:00:00.5Z").value() == 500'000);
  BOOST_TEST(parse_rfc3339("1970-01-01T00:00:00.000001Z").value() == 1);
  BOOST_TEST(parse_rfc3339("1969-12-31T23:59:59.999999z").value() == -1);
  BOOST_TEST(parse_rfc3339("1970-01-01T01:30:00+01:30").value() == 0);
  for (const char* text :
       {"0000-01-01T00:00:00Z", "0300-03-01T12:00:00Z", "2024-02-29T23:59:59.999999Z", "9999-12-31T23:59:59Z"})
    BOOST_TEST(parse_rfc3339(to_rfc3339(parse_rfc3339(text).value())).value() == parse_rfc3339(text).value(), text);
}

BOOST_AUTO_TEST_CASE(decimals_beyond_the_microsecond_are_refused_however_many_there_are) {
  BOOST_TEST(parse_rfc3339("1970-01-01T00:00:00.999999Z").has_value());
  for (size_t count : {0, 7, 18, 19, 20, 64, 1'000'000})
    BOOST_TEST(!parse_rfc3339("1970-01-01T00:00:00." + std::string(count, '9') + "Z").has_value(), count);
}

BOOST_AUTO_TEST_CASE(what_is_no_time_is_none) {
  for (const char* text :
       {"", "Z", "1970-01-01", "1970-01-01T00:00:00", "1970-01-01 00:00:00.Z", "1970-13-01T00:00:00Z",
        "1970-02-30T00:00:00Z", "1970-01-01T24:00:00Z", "1970-01-01T00:60:00Z", "1970-01-01T00:00:00+1:30",
        "1970-01-01T00:00:00+24:00", "1970-01-01T00:00:00.1.2Z", "-970-01-01T00:00:00Z", "1970-01-01T00:00:00Zx"})
    BOOST_TEST(!parse_rfc3339(text).has_value(), text);
}

BOOST_AUTO_TEST_CASE(a_line_of_the_log_has_a_time_also_before_1970_and_in_any_zone) {
  const auto in_zone = [](const char* zone, int64_t us) {
    ::setenv("TZ", zone, 1);
    ::tzset();
    return to_local_rfc3339(us);
  };
  const char* before = std::getenv("TZ");
  const std::optional<std::string> zone = before ? std::optional<std::string>(before) : std::nullopt;
  BOOST_TEST(in_zone("UTC0", 0) == "1970-01-01T00:00:00.000+00:00");
  BOOST_TEST(in_zone("UTC0", -1) == "1969-12-31T23:59:59.999+00:00");
  const int64_t of_1765 = parse_rfc3339("1765-05-04T16:59:52.294967Z").value();
  BOOST_TEST(in_zone("UTC0", of_1765) == "1765-05-04T16:59:52.294+00:00");
  BOOST_TEST(in_zone("XYZ3:30", of_1765) == "1765-05-04T13:29:52.294-03:30");
  BOOST_TEST(in_zone("XYZ-1", parse_rfc3339("2026-12-31T23:30:00.0019Z").value()) == "2027-01-01T00:30:00.001+01:00");
  if (zone)
    ::setenv("TZ", zone->c_str(), 1);
  else
    ::unsetenv("TZ");
  ::tzset();
}

BOOST_AUTO_TEST_CASE(a_path_without_dots_keeps_the_way_up) {
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

BOOST_AUTO_TEST_SUITE_END()
