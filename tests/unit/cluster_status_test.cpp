#include <boost/test/unit_test.hpp>

#include <map>
#include <string>
#include <string_view>
#include <utility>

#include <simdjson.h>

#include "bin/daemon/cluster.h"

BOOST_AUTO_TEST_SUITE(cluster_status_test)

using namespace catlog;
using store::engine::EngineCounters;

namespace {

std::string_view text_at(simdjson::dom::element found, std::string_view group, std::string_view name) {
  std::string_view text;
  BOOST_TEST_REQUIRE((found[group][name].get(text) == simdjson::SUCCESS), name);
  return text;
}

}  // namespace

BOOST_AUTO_TEST_CASE(who_is_in_trouble_is_named_however_much_is_said_of_it) {
  const std::string long_name(64, 'n'), many_marks = "\"" + std::string(100'000, '\x01');
  std::string many_letters;
  while (many_letters.size() < 100'000) many_letters += "\u00e4";
  for (const std::string& words : {std::string(3'000, 'w'), many_marks, many_letters}) {
    EngineCounters counters;
    counters.see(store::engine::Leader{1, std::string(5'000, 'l'), "tcp://127.0.0.1:1"});
    std::map<std::string, events::Position> holds;
    for (int stranger = 0; stranger < 1'000; ++stranger) holds[std::to_string(stranger)] = 7;
    counters.see(std::move(holds));
    for (char last = '1'; last <= '8'; ++last) counters.see_trouble(long_name.substr(1) + last, words);
    const std::string text = cluster_status(long_name, counters);
    BOOST_TEST(text.size() == cluster_status_bytes);
    simdjson::dom::parser parser;
    simdjson::dom::element found;
    BOOST_TEST_REQUIRE((parser.parse(text).get(found) == simdjson::SUCCESS), text);  // which wants UTF-8, too
    for (char last = '1'; last <= '8'; ++last) {
      const auto told = text_at(found, "troubles", long_name.substr(1) + last);
      BOOST_TEST(told.size() > 10u);
      BOOST_TEST(words.starts_with(told));
    }
  }
}

BOOST_AUTO_TEST_CASE(what_fits_is_told_whole) {
  EngineCounters counters;
  counters.see_trouble("b", "");
  counters.see_trouble("c", "its clock is \"wrong\"");
  const std::string text = cluster_status("a", counters);
  simdjson::dom::parser parser;
  simdjson::dom::element found;
  BOOST_TEST_REQUIRE((parser.parse(text).get(found) == simdjson::SUCCESS), text);
  BOOST_TEST(text_at(found, "troubles", "c") == "its clock is \"wrong\"");
  BOOST_TEST((found["troubles"]["b"].error() == simdjson::NO_SUCH_FIELD));
}

BOOST_AUTO_TEST_SUITE_END()
