#include "events/schema/record.h"

#include "commandhandler/keys.h"

#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "events/error.h"
#include "tests/support/commands.h"
#include "tests/support/temporary_directory.h"

BOOST_AUTO_TEST_SUITE(keys_test)

using namespace catlog;
using namespace catlog::tests;
using commandhandler::KeyFolder;
using commandhandler::Keys;
namespace fs = std::filesystem;

namespace {

struct Fixture {
  TemporaryDirectory directory;
  Keys keys{directory / "keys"};

  std::vector<fs::path> files() const {
    std::vector<fs::path> all;
    for (const auto& entry : fs::directory_iterator(directory / "keys")) all.push_back(entry.path());
    return all;
  }
};

std::string content_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

// The first file below the folder that holds the text; empty: none.
std::string holder_of(const fs::path& folder, const std::string& text) {
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    if (entry.is_regular_file() && content_of(entry.path()).find(text) != std::string::npos) return entry.path();
  return {};
}

std::string sealed_access_token(WriteSide& side, events::Position position) {
  auto snapshot = side.log().snapshot();
  events::RecordView view(snapshot.read(position));
  return view.root().getEvent().getTraktLinked().getAccessToken().cStr();
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(sealing, Fixture)

BOOST_AUTO_TEST_CASE(a_key_that_was_destroyed_is_none_even_when_its_file_comes_back) {
  const auto sealed = keys.seal(1, "secret");
  keys.sync();
  const commandhandler::KeyFolder folder(directory / "keys");
  const auto name = *folder.list().keys.begin();
  fs::copy_file(folder.file_of(name), directory / "copy");
  BOOST_TEST(folder.destroy(name));
  BOOST_TEST(!fs::exists(folder.file_of(name)));
  fs::copy_file(directory / "copy", folder.file_of(name));
  BOOST_TEST(!folder.read(name).has_value());
  BOOST_TEST(folder.list().keys.empty());
  Keys later(directory / "keys");
  BOOST_CHECK_THROW(later.open(sealed), events::Failure);
  BOOST_TEST(later.seal(1, "secret") != sealed);
}

BOOST_AUTO_TEST_CASE(names_of_keys_are_read_strictly) {
  for (const char* text : {"user-7-0123456789abcdef", "user--7-0123456789abcdef"})
    BOOST_TEST(commandhandler::to_text(commandhandler::parse_key_name(text).value()) == text);
  for (const char* text : {"", "user-", "user-7", "user-7-0123456789abcde", "user-7-0123456789abcdeff",
                           "user-7-0123456789abcdeF", "user-7-../../../../../..", "user-x-0123456789abcdef",
                           "user-99999999999999999999-0123456789abcdef", "user-7-0123456789abcdef.key"})
    BOOST_TEST(!commandhandler::parse_key_name(text).has_value(), text);
}

BOOST_AUTO_TEST_CASE(the_same_text_of_one_user_is_sealed_alike) {
  auto sealed = keys.seal(1, "secret");
  BOOST_TEST(sealed == keys.seal(1, "secret"));
  BOOST_TEST(sealed != keys.seal(1, "secret2"));
  BOOST_TEST(sealed != keys.seal(2, "secret"));
  BOOST_TEST(sealed.rfind("sealed:1:", 0) == 0);
  BOOST_TEST(sealed.find("secret") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(what_was_sealed_opens_also_after_a_restart) {
  const std::string texts[] = {"x", "日本 😀", std::string(10'000, 'y'), "sealed:1:of itself"};
  std::vector<std::string> sealed;
  for (const auto& text : texts) sealed.push_back(keys.seal(7, text));
  keys.sync();
  Keys again(directory / "keys");
  for (size_t i = 0; i < sealed.size(); ++i) {
    BOOST_TEST(again.open(sealed[i]) == texts[i]);
    BOOST_TEST(again.seal(7, texts[i]) == sealed[i]);
  }
}

BOOST_AUTO_TEST_CASE(users_have_keys_of_their_own) {
  keys.seal(1, "a");
  keys.seal(11, "a");
  keys.seal(1, "b");
  keys.sync();
  BOOST_TEST(files().size() == 2u);
  Keys again(directory / "keys");
  BOOST_TEST(again.seal(1, "a") == keys.seal(1, "a"));
  BOOST_TEST(again.seal(11, "a") == keys.seal(11, "a"));
}

BOOST_AUTO_TEST_CASE(only_the_owner_may_read_keys) {
  keys.seal(1, "a");
  keys.sync();
  auto others = fs::perms::group_all | fs::perms::others_all;
  BOOST_CHECK((fs::status(directory / "keys").permissions() & others) == fs::perms::none);
  BOOST_CHECK((fs::status(files().at(0)).permissions() & others) == fs::perms::none);
}

BOOST_AUTO_TEST_CASE(a_destroyed_key_opens_nothing_and_is_replaced) {
  auto sealed = keys.seal(1, "a");
  keys.sync();
  BOOST_TEST(keys.open(sealed) == "a");
  fs::remove(files().at(0));
  BOOST_CHECK_THROW(keys.open(sealed), events::Failure);
  BOOST_CHECK_THROW(Keys(directory / "keys").open(sealed), events::Failure);
  auto anew = keys.seal(1, "a");
  BOOST_TEST(anew != sealed);
  keys.sync();
  BOOST_TEST(keys.open(anew) == "a");
  BOOST_CHECK_THROW(keys.open(sealed), events::Failure);
}

// Listing them for each user made a link take as long as there are users.
BOOST_AUTO_TEST_CASE(a_folder_of_many_keys_is_not_listed_for_each_user) {
  constexpr int users = 3'000;
  fs::create_directories(directory / "keys");
  for (int user = 1; user <= users; ++user)
    std::ofstream(directory / "keys" / fmt::format("user-{}-{:016x}.key", user, user)) << std::string(32, 'k');
  Keys many(directory / "keys");
  std::vector<std::string> sealed;
  for (int user = 1; user <= users; ++user) sealed.push_back(many.seal(user, "a"));
  BOOST_TEST(sealed.front().starts_with("sealed:1:0000000000000001:"));
  BOOST_TEST(many.open(sealed.back()) == "a");
  // New ones meanwhile, ours and somebody else's.
  many.seal(users + 1, "a");
  many.sync();
  std::ofstream(directory / "keys" / "user-5000-00000000000000ff.key") << std::string(32, 'k');
  fs::last_write_time(directory / "keys", fs::file_time_type::clock::now() + std::chrono::seconds(1));
  BOOST_TEST(many.seal(5'000, "a").starts_with("sealed:1:00000000000000ff:"));
  BOOST_TEST(many.open(sealed.front()) == "a");
}

BOOST_AUTO_TEST_CASE(a_key_that_was_renamed_away_is_destroyed) {
  keys.seal(1, "a");
  keys.sync();
  const fs::path file = files().at(0);
  fs::rename(file, fs::path(file).replace_extension(".old"));
  Keys again(directory / "keys");
  const auto anew = again.seal(1, "a");
  again.sync();
  BOOST_TEST(Keys(directory / "keys").open(anew) == "a");
}

BOOST_AUTO_TEST_CASE(opening_makes_no_folder_and_changes_none) {
  Keys none(directory / "none");
  BOOST_CHECK_THROW(none.open("sealed:1:0123456789abcdef:AAAA"), events::Failure);
  BOOST_TEST(!fs::exists(directory / "none"));
  const auto sealed = keys.seal(1, "a");
  keys.sync();
  fs::permissions(directory / "keys", fs::perms(0550));
  BOOST_TEST(Keys(directory / "keys").open(sealed) == "a");
  BOOST_TEST((fs::status(directory / "keys").permissions() == fs::perms(0550)));
  fs::permissions(directory / "keys", fs::perms::owner_all);
}

BOOST_AUTO_TEST_CASE(what_is_no_sealed_text_or_a_damaged_one_does_not_open) {
  auto sealed = keys.seal(1, "secret");
  keys.sync();
  for (const auto& text :
       {std::string(), std::string("secret"), std::string("sealed:1:"), sealed.substr(0, 25), sealed.substr(0, 26),
        sealed.substr(0, sealed.size() - 1), sealed + "A", sealed + "=", "sealed:2:" + sealed.substr(9)})
    BOOST_CHECK_THROW(keys.open(text), events::Failure);
  for (size_t at = 9; at < sealed.size() - 1; ++at) {
    auto changed = sealed;
    changed[at] = changed[at] == 'a' ? 'b' : 'a';
    if (changed != sealed) BOOST_CHECK_THROW(keys.open(changed), events::Failure);
  }
}

BOOST_AUTO_TEST_CASE(a_key_file_that_is_cut_is_damage) {
  auto sealed = keys.seal(1, "a");
  keys.sync();
  fs::resize_file(files().at(0), 31);
  BOOST_CHECK_THROW(keys.open(sealed), events::Failure);
  BOOST_CHECK_THROW(Keys(directory / "keys").seal(1, "a"), events::Failure);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_CASE(secrets_are_in_no_file) {
  WriteSide side;
  fill_catalogue(side);
  side.accept(token_fields().as("issueRefreshToken"));
  auto link = side.accept(trakt_fields().as("linkTrakt"));
  side.accept(trakt_fields().without("username").with("accessToken", "\"hunter2-renewed\"").as("refreshTrakt"));
  side.flush_state();
  auto sealed = sealed_access_token(side, link.effect.first);
  BOOST_TEST(holder_of(side.directory(), sealed) != "");  // the search finds what is there
  BOOST_TEST(holder_of(side.directory(), secret_mark) == "");
  BOOST_TEST(Keys(side.directory() / "keys").open(sealed) == "hunter2-access");
}

BOOST_AUTO_TEST_CASE(a_key_is_there_with_the_link_and_a_refused_link_makes_none) {
  WriteSide side;
  fill_catalogue(side);
  side.send(trakt_fields().without("expiresAt").as("linkTrakt"));
  BOOST_TEST(!fs::exists(side.directory() / "keys"));
  side.accept(trakt_fields().as("linkTrakt"));
  BOOST_TEST(!fs::is_empty(side.directory() / "keys"));
}

// One damaged file once ended the daemon.
BOOST_AUTO_TEST_CASE(a_damaged_key_is_refused_to_its_user_and_serves_everybody_else) {
  WriteSide side;
  fill_catalogue(side);
  const std::string of_ada = trakt_fields("ada").with("accessToken", "\"hunter2-new\"").as("linkTrakt");
  const std::string of_gus = trakt_fields("gus").with("username", "\"gus-on-trakt\"").as("linkTrakt");
  const auto sealed = sealed_access_token(side, side.accept(trakt_fields("ada").as("linkTrakt")).effect.first);
  fs::path file;
  for (const auto& entry : fs::directory_iterator(side.directory() / "keys")) file = entry.path();
  const std::string whole = content_of(file);
  for (const char* damage : {"cut", "is a folder", "is a link", "is a link to itself"}) {
    fs::remove(file);
    if (damage == std::string("cut")) std::ofstream(file) << whole.substr(1);
    if (damage == std::string("is a folder")) fs::create_directory(file);
    if (damage == std::string("is a link")) fs::create_symlink("/dev/null", file);
    if (damage == std::string("is a link to itself")) fs::create_symlink(file.filename(), file);
    const auto refused = side.send(of_ada);
    BOOST_TEST(outcome(refused) == "restricted user", damage);
    BOOST_TEST(refused.refusal.message.find(file.filename().string()) != std::string::npos, refused.refusal.message);
    BOOST_TEST(outcome(side.send(of_gus)) != "restricted user", damage);
    side.accept(token_fields("ada", std::string("token ") + damage).as("issueRefreshToken"));
    BOOST_CHECK_EXCEPTION(Keys(side.directory() / "keys").open(sealed), commandhandler::KeyDamaged, [&](auto& failure) {
      return std::string(failure.what()).find(file.filename().string()) != std::string::npos;
    });
  }
  fs::remove(file);
  std::ofstream(file) << whole;
  side.accept(of_ada);
}

BOOST_AUTO_TEST_CASE(where_no_key_can_be_kept_only_those_who_need_one_are_refused) {
  WriteSide side;
  fill_catalogue(side);
  const fs::path keys = side.directory() / "keys";
  for (const char* damage : {"is a file", "leads nowhere"}) {
    fs::remove_all(keys);
    if (damage == std::string("is a file")) std::ofstream(keys) << "x";
    if (damage == std::string("leads nowhere")) fs::create_symlink("nowhere", keys);
    const auto refused = side.send(trakt_fields().as("linkTrakt"));
    BOOST_TEST(outcome(refused) == "restricted user", damage);
    BOOST_TEST(refused.refusal.message.find("no key can be kept in") != std::string::npos, refused.refusal.message);
    side.accept(token_fields("ada", std::string("token ") + damage).as("issueRefreshToken"));
  }
  fs::remove_all(keys);
  side.accept(trakt_fields().as("linkTrakt"));
}

BOOST_AUTO_TEST_CASE(a_link_after_its_key_was_destroyed_gets_a_new_key) {
  WriteSide side;
  fill_catalogue(side);
  auto first = sealed_access_token(side, side.accept(trakt_fields().as("linkTrakt")).effect.first);
  for (const auto& entry : fs::directory_iterator(side.directory() / "keys")) fs::remove(entry.path());
  auto receipt = side.accept(trakt_fields().as("linkTrakt"));  // sealed anew, so it has changed
  auto second = sealed_access_token(side, receipt.effect.first);
  BOOST_TEST(first != second);
  Keys keys(side.directory() / "keys");
  BOOST_CHECK_THROW(keys.open(first), events::Failure);
  BOOST_TEST(keys.open(second) == "hunter2-access");
}

BOOST_AUTO_TEST_CASE(bytes_of_a_destroyed_key_do_not_stay_beside_its_sign) {
  TemporaryDirectory directory;
  const KeyFolder folder(directory.path());
  const commandhandler::KeyName name{7, "0123456789abcdef"};
  const auto write = [&](const std::string& end) {
    const auto file = directory / ("user-7-0123456789abcdef" + end);
    std::ofstream(file) << std::string(32, 'k');
    return file;
  };
  // Of one that was killed while it wrote.
  const auto begun = write(".key.new");
  BOOST_TEST(folder.list().keys.empty());
  BOOST_TEST(std::filesystem::exists(begun));
  BOOST_TEST(folder.destroy(name));
  BOOST_TEST(!std::filesystem::exists(begun));
  // Of one that was killed between sign and removal, or of a copy.
  for (const char* end : {".key", ".key.new"}) {
    const auto file = write(end);
    BOOST_TEST(folder.list().keys.empty());
    BOOST_TEST(!std::filesystem::exists(file));
    write(end);
    BOOST_TEST(folder.destroy(name));
    BOOST_TEST(!std::filesystem::exists(file));
  }
  BOOST_TEST(folder.list().destroyed.contains(name));
}

BOOST_AUTO_TEST_SUITE_END()
