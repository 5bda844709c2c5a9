#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

#include "events/bus/allow_list.h"

BOOST_AUTO_TEST_SUITE(allow_list_test)

using namespace catlog::events;

namespace {

const std::string key_line = "public-key " + std::string(key_text_bytes, 'k') + "\n";

AllowList list_of(std::vector<std::pair<std::string, std::string>> files) {
  std::vector<AllowList::Entry> entries;
  for (auto& [name, text] : files) entries.push_back(AllowList::parse(name, text).value());
  return AllowList(entries);
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_file_says_role_keys_and_users_in_any_order) {
  const auto entry = AllowList::parse("sync", "# mine\n\n  user 1000\r\n" + key_line + "role producer\nuser ada");
  BOOST_TEST_REQUIRE(entry.has_value(), entry.error());
  BOOST_TEST((entry->role == PeerRole::producer));
  BOOST_TEST(entry->public_keys.size() == 1u);
  BOOST_TEST((entry->users == std::vector<std::string>{"1000", "ada"}));
}

BOOST_AUTO_TEST_CASE(what_is_wrong_with_a_file_is_said_and_no_key_with_it) {
  const std::vector<std::pair<std::string, std::string>> wrong{
      {"", "role"},
      {key_line, "no role"},
      {"role king\n", "producer, subscriber, auditor or admin"},
      {"role admin\nrole producer\n", "one role"},
      {"role admin\npublic-key " + std::string(key_text_bytes, '\'') + "\n", "line 2: `public-key` is no key"},
      {"role admin\npublic-key abc\n", "is no key"},
      {"role admin\nuser\n", "says nothing"},
      {"role admin\nkey abc\n", "role, public-key or user"},
      {"role admin\n" + std::string(AllowList::max_entry_bytes, '#'), "longer"}};
  for (const auto& [text, what] : wrong) {
    const auto entry = AllowList::parse("sync", text);
    BOOST_TEST_REQUIRE(!entry.has_value(), text);
    BOOST_TEST(entry.error().find(what) != std::string::npos, entry.error());
    BOOST_TEST(entry.error().find("abc") == std::string::npos, entry.error());
  }
  for (const char* name : {"", ".hidden", "../up", "a b", "a/b", "a\nb", "-x", "a.new"})
    BOOST_TEST(!AllowList::parse(name, "role admin").has_value(), name);
}

BOOST_AUTO_TEST_CASE(who_is_not_on_the_list_is_a_stranger_and_may_nothing) {
  const auto list = list_of({{"sync", "role producer\nuser 7\n" + key_line}});
  BOOST_TEST(list.by_key(std::string(key_text_bytes, 'k')).name == "sync");
  BOOST_TEST(list.by_user("7").name == "sync");
  for (const auto& nobody : {list.by_key(""), list.by_key("7"), list.by_user("8"), list.by_user("")})
    for (const Doing doing : {Doing::send, Doing::follow, Doing::replay, Doing::status})
      BOOST_TEST(!may(nobody.role, doing));
}

BOOST_AUTO_TEST_CASE(a_list_keeps_all_of_another_unless_somebody_is_gone_or_has_another_role) {
  const auto before = list_of({{"sync", "role producer\nuser 7\n" + key_line}});
  BOOST_TEST(before.keeps_all_of({}));
  BOOST_TEST(!AllowList().keeps_all_of(before));
  BOOST_TEST(list_of({{"sync", "role producer\nuser 7\nuser 8\n" + key_line}}).keeps_all_of(before));
  BOOST_TEST(!list_of({{"sync", "role producer\n" + key_line}}).keeps_all_of(before));
  BOOST_TEST(!list_of({{"sync", "role admin\nuser 7\n" + key_line}}).keeps_all_of(before));
}

BOOST_AUTO_TEST_CASE(who_is_listed_as_a_producer_follows_no_more) {
  const auto producer = list_of({{"sync", "role producer\nuser 7\n"}}),
             reader = list_of({{"sync", "role auditor\nuser 7\n"}});
  BOOST_TEST(producer.ends_following_of({}));  // who is not named may follow
  BOOST_TEST(producer.ends_following_of(reader));
  BOOST_TEST(!producer.ends_following_of(producer));
  BOOST_TEST(!reader.ends_following_of(producer));
  BOOST_TEST(!AllowList().ends_following_of(producer));
}

BOOST_AUTO_TEST_CASE(whom_the_list_does_not_name_sends_nothing_and_may_read) {
  BOOST_TEST(!may(PeerRole::local, Doing::send));
  for (const Doing doing : {Doing::follow, Doing::replay, Doing::status, Doing::wait})
    BOOST_TEST(may(PeerRole::local, doing));
  BOOST_TEST(why_not({PeerRole::local, "uid:7"}, Doing::send).find("bus-keys user") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(who_proves_nothing_speaks_for_no_service) {
  for (const Doing doing : {Doing::send, Doing::follow, Doing::replay, Doing::status, Doing::wait})
    BOOST_TEST(may(PeerRole::anyone, doing));
  for (const Doing doing : {Doing::serve, Doing::share}) BOOST_TEST(!may(PeerRole::anyone, doing));
  BOOST_TEST(why_not({PeerRole::anyone, ""}, Doing::serve).find("run/commands.ipc") != std::string::npos);
  for (const PeerRole role : {PeerRole::producer, PeerRole::admin}) BOOST_TEST(may(role, Doing::serve));
  for (const PeerRole role : {PeerRole::local, PeerRole::subscriber, PeerRole::auditor})
    BOOST_TEST(!may(role, Doing::serve));
}

BOOST_AUTO_TEST_CASE(a_pair_of_keys_is_made_of_its_secret_one) {
  const KeyPair made = new_key_pair();
  BOOST_TEST(is_key(made.public_key));
  BOOST_TEST(is_key(made.secret_key));
  BOOST_TEST(public_key_of(made.secret_key) == made.public_key);
  BOOST_TEST(new_key_pair().secret_key != made.secret_key);
}

BOOST_AUTO_TEST_SUITE_END()
