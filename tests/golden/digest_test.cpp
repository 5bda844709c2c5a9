#include <boost/test/unit_test.hpp>

#include <fstream>
#include <map>

#include "events/codec/message.h"
#include "events/schema/model.h"

BOOST_AUTO_TEST_SUITE(digest_test)

// The digest of a command in canonical form is what tells a repeated command from another one under its id, for as long
// as the log exists: it must never change for a command that can be sent today.
namespace {

using namespace catlog::events;

std::map<std::string, std::string> recorded() {
  std::map<std::string, std::string> digests;
  std::ifstream file(CATLOG_SOURCE "/tests/golden/digests.txt");
  for (std::string name, digest; file >> name >> digest;) digests[name] = digest;
  return digests;
}

BOOST_AUTO_TEST_CASE(every_commands_digest_is_the_recorded_one) {
  const auto golden = recorded();
  BOOST_TEST(golden.size() >= model().commands().size());
  for (const auto& type : model().commands()) {
    std::string body = type.example;
    body.insert(1, "\"id\":\"01936b2e-8c00-7000-8000-000000000001\",");
    const auto command = read_command(body, Encoding::json);
    BOOST_REQUIRE_MESSAGE(command, type.name);
    const auto digest = hex(command->digest());
    const auto found = golden.find(type.name);
    // A new command, or a new example of an old one, is recorded with this line.
    BOOST_TEST((found != golden.end() && found->second == digest),
               "tests/golden/digests.txt: " << type.name << " " << digest);
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE_END()
