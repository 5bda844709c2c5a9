// What a node says at its start of those that other nodes lead to it.
#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

#include "bin/daemon/doors.h"
#include "events/bus/allow_list.h"
#include "events/error.h"
#include "tests/support/temporary_directory.h"

BOOST_AUTO_TEST_SUITE(doors_test)

using namespace catlog;

namespace {

constexpr const char* file = "ipc:///var/lib/catlog/run/commands.ipc";

using Entries = std::vector<events::AllowList::Entry>;
const events::AllowList none;
const events::AllowList of_a_user(Entries{{"sync", events::PeerRole::producer, {}, {"1000"}}});
const events::AllowList of_a_key(Entries{
    {"sync", events::PeerRole::producer, {events::new_key_pair().public_key}, {}}});

Options node_at(const std::string& endpoint) {
  Options options;
  options.cluster.name = "media";
  options.cluster.endpoint = endpoint;
  return options;
}
Options asks_for_keys(Options options) {
  options.is_keys_required = true;
  return options;
}

// Of one warning what it is about; of none nothing.
std::string about(const Options& options, const events::AllowList& allowed) {
  std::string found;
  for (const std::string& warning : warnings_of_led(options, allowed)) {
    BOOST_TEST(warning.find(options.cluster.endpoint) != std::string::npos, warning);
    for (const char* words : {"no address of this machine", "is forbidden there", "nobody has a key yet"})
      if (warning.find(words) != std::string::npos) found += (found.empty() ? "" : ", ") + std::string(words);
  }
  return found;
}

}  // namespace

BOOST_AUTO_TEST_CASE(where_nothing_proves_who_comes_services_are_told_of) {
  for (const auto* list : {&none, &of_a_user, &of_a_key}) {
    BOOST_TEST(about(node_at("tcp://127.0.0.1:7101"), *list) == "is forbidden there");
    BOOST_TEST(about(node_at("ipc://@catlog"), *list) == "is forbidden there");
  }
}

BOOST_AUTO_TEST_CASE(where_keys_are_asked_for_and_nobody_has_one_that_is_told) {
  for (const auto& node : {node_at("tcp://10.0.0.1:7101"), asks_for_keys(node_at("tcp://127.0.0.1:7101"))}) {
    BOOST_TEST(about(node, none) == "nobody has a key yet");
    BOOST_TEST(about(node, of_a_user) == "nobody has a key yet");
    BOOST_TEST(about(node, of_a_key) == "");
  }
}

BOOST_AUTO_TEST_CASE(a_place_to_listen_at_is_no_address_to_be_led_to) {
  for (const char* any : {"tcp://0.0.0.0:7101", "tcp://*:7101", "tcp://[::]:7101"})
    BOOST_TEST(about(node_at(any), of_a_key) == "no address of this machine", any);
}

BOOST_AUTO_TEST_CASE(by_the_rights_of_a_file_and_of_one_machine_nothing_is_told) {
  BOOST_TEST(about(node_at(file), none) == "");
  Options one_machine;
  one_machine.commands_endpoint = "tcp://127.0.0.1:7101";
  BOOST_TEST(warnings_of_led(one_machine, none).empty());
}

BOOST_AUTO_TEST_CASE(nobody_is_led_to_what_is_no_endpoint) {
  const tests::TemporaryDirectory folder;
  const events::DataDirectory data(folder.path());
  check_endpoints(node_at(file), data);
  BOOST_CHECK_EXCEPTION(check_endpoints(node_at("10.0.0.1:7101"), data), events::Failure,
                        [](const events::Failure& failure) { return failure.code() == events::Exit::usage; });
}

BOOST_AUTO_TEST_SUITE_END()
