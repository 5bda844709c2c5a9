#include "events/schema/record.h"

#include <boost/test/unit_test.hpp>

#include <fmt/format.h>

#include "events/text/datetime.h"
#include "events/text/uuid.h"
#include "projector/rebuild/rebuild.h"
#include "tests/support/read_models.h"
#include "tests/support/refusals.h"
#include "tests/support/sample_events.h"
#include "tests/support/soak.h"

BOOST_AUTO_TEST_SUITE(rules_users_test)

using namespace catlog;
using namespace catlog::tests;

namespace {

struct Users : Catalogue {
  // The last event of a receipt, which must be an audit row: "ACTION user".
  std::string audited(const events::Receipt& receipt) {
    auto snapshot = log().snapshot();
    events::RecordView view(snapshot.read(receipt.effect.last));
    auto audit = view.root().getEvent().getAuditRecorded();
    auto enumerants = capnp::Schema::from<events::schema::AuditAction>().getEnumerants();
    auto action = events::spelling(enumerants[static_cast<unsigned>(audit.getAction())]);
    bool has_user = audit.getUserId() != events::absent_int;
    return fmt::format("{} {}", action, has_user ? std::to_string(audit.getUserId()) : "null");
  }
};

std::string on(const char* command, const std::string& user = "ada") {
  return Fields{{"user", user_ref(user)}}.as(command);
}
Fields password() { return {{"user", user_ref()}, {"passwordHash", json_text(bcrypt_text)}}; }
std::string role(const char* raw) { return Fields{{"user", user_ref()}, {"role", raw}}.as("assignRole"); }
std::string revoke_token(const std::string& token = "hunter2-token") {
  return fmt::format("{{\"revokeRefreshToken\":{{\"token\":{{\"token\":{}}}}}}}", json_text(token));
}
Fields audit_fields() { return {{"action", "\"LOGIN\""}, {"severity", "\"INFO\""}}; }
Fields refresh_fields() { return trakt_fields().without("username"); }

// What is no bcrypt string. Plain passwords carry the mark that no receipt may repeat.
const std::vector<std::string> no_hashes = {"",
                                            "null",
                                            "\"\"",
                                            "\"hunter2\"",
                                            json_text(std::string(60, 'a')),
                                            "\"$2b$10$hunter2\"",
                                            json_text(std::string(bcrypt_text) + "x"),
                                            json_text("$2b$10$" + std::string(52, 'a') + "!"),
                                            json_text("$1$10$" + std::string(54, 'a')),
                                            json_text("$2z$10$" + std::string(53, 'a')),
                                            json_text("$2b$xx$" + std::string(53, 'a')),
                                            json_text("$2b$03$" + std::string(53, 'a')),  // bcrypt's costs are 4 to 31
                                            json_text("$2b$32$" + std::string(53, 'a')),
                                            "\"5f4dcc3b5aa765d61d8327deb882cf99\""};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(users, Users)

BOOST_AUTO_TEST_CASE(a_user_whose_columns_are_wrong_is_invalid) {
  std::vector<WrongField> wrong = {{"username", ""},      {"username", "\" \""}, {"username", "null"},
                                   {"role", "\"ADMIN\""}, {"role", "\"root\""},  {"role", "\"\""},
                                   {"role", "\"unset\""}};
  for (const auto& hash : no_hashes) wrong.push_back({"passwordHash", hash});
  check_refused(*this, each_invalid(user_fields("eve"), "registerUser", wrong));
  check_refused(*this,
                {{user_fields("ada").as("registerUser"), "duplicate username"},
                 {user_fields("eve").with("isActive", "1").as("registerUser"), "malformed registerUser.isActive"}});
}

BOOST_AUTO_TEST_CASE(a_name_shows_all_that_it_is) {
  std::vector<WrongField> wrong;
  for (auto name : {" eve",      "eve ",      "eve\n",     "\teve",     "eve\u00A0", "\u3000eve",
                    "e\u2003ve", "eve\u200B", "e\u200Dve", "\uFEFFeve", "\u202Eeve", "\u2066eve\u2069",
                    "ev\u00ADe", "ev\u034Fe", "eve\uFE0F", "\u3164",    "\u2800",    "e\u0085ve",
                    "\uFB01sh",  "x\u00B2",   "\uE000",    "\u0378",    "\u05D0eve", "\u0661\u05D01"})
    wrong.push_back({"username", json_text(name)});
  check_refused(*this, each_invalid(user_fields("eve"), "registerUser", wrong));
  for (auto name : {"eve@example.org", "Eve", "eve lovelace", "O\u2019Brien", "\u65E5\u672C \u592A\u90CE",
                    "\u05D0\u05D1 1", "\u0645\u062D\u0645\u062F", "\u0905\u0930\u094D\u091C\u0941\u0928", "x\u2764"})
    BOOST_TEST(outcome(send(user_fields(name).as("registerUser"))) == "accepted", name);
}

BOOST_AUTO_TEST_CASE(a_name_is_one_in_each_spelling) {
  accept(user_fields("zo\u00EB").as("registerUser"));
  check_refused(*this, {{user_fields("zoe\u0308").as("registerUser"), "duplicate username"},
                        {user_fields("\uFF5Ao\u00EB").as("registerUser"), "duplicate username"},
                        {user_fields("\uFF41da").as("registerUser"), "duplicate username"}});
  BOOST_TEST(outcome(send(on("deactivateUser", "zoe\u0308"))) == "accepted");
  BOOST_TEST(outcome(send(on("deactivateUser", "zo\u00EB"))) == "unchanged");
  accept(user_fields("no\u0308e").as("registerUser"));
  BOOST_TEST(outcome(send(on("removeUser", "n\u00F6e"))) == "accepted");
  BOOST_TEST(outcome(send(user_fields("n\u00F6e").as("registerUser"))) == "accepted");
}

BOOST_AUTO_TEST_CASE(names_from_before_the_rule_on_names_stay) {
  WriteSide old;
  RecordScript script;
  int64_t id = 0;
  for (auto name : {"ada", "ada ", "ada\u200B", "\u202Eada", "zo\u00EB", "zoe\u0308", "noe\u0308", "\u00A0"})
    script.command({user_registered(++id, name)});
  script.append_to(old.log());
  old.restart();
  const auto found = [&](const std::string& name) {
    return old.send(Fields{{"user", user_ref(name)}, {"role", "\"admin\""}}.as("assignRole")).effect.subject_id;
  };
  for (int round = 0; round < 2; ++round) {
    BOOST_TEST(found("ada ") == 2);
    BOOST_TEST(found("ada\u200B") == 3);
    BOOST_TEST(found("\u202Eada") == 4);
    BOOST_TEST(found("zo\u00EB") == 5);
    BOOST_TEST(found("zoe\u0308") == 6);
    BOOST_TEST(found("no\u00EB") == 7);  // in another spelling than its own
    BOOST_TEST(found("\u00A0") == 8);
    check_refused(old, {{user_fields("no\u00EB").as("registerUser"), "duplicate username"}});
    old.flush_state();
  }
  // Both are at the old spelling's place; one goes, the other stays found.
  BOOST_TEST(outcome(old.send(on("removeUser", "zo\u00EB"))) == "accepted");
  BOOST_TEST(found("zo\u00EB") == 6);
  check_refused(old, {{user_fields("zo\u00EB").as("registerUser"), "duplicate username"}});
  const auto file = old.directory() / "rows.sqlite";
  projector::build_file(old.log(), {}, file, projector::whole_log);
  const projector::Database rows(file, projector::Open::read);
  BOOST_TEST(one_value(rows, "SELECT group_concat(username, '|') FROM (SELECT username FROM users ORDER BY id)") ==
             "ada|ada |ada\u200B|\u202Eada|zoe\u0308|noe\u0308|U+00A0");
}

BOOST_AUTO_TEST_CASE(all_kinds_of_bcrypt_are_taken) {
  for (auto start : {"$2a$04$", "$2b$12$", "$2x$10$", "$2y$31$"})
    BOOST_TEST(
        outcome(send(password().with("passwordHash", json_text(start + std::string(53, '/'))).as("changePassword"))) ==
        "accepted");
}

BOOST_AUTO_TEST_CASE(a_password_arrives_as_bcrypt) {
  std::vector<WrongField> wrong;
  for (const auto& hash : no_hashes) wrong.push_back({"passwordHash", hash});
  check_refused(*this, each_invalid(password(), "changePassword", wrong));
}

BOOST_AUTO_TEST_CASE(a_role_is_guest_user_or_admin) {
  check_refused(*this, {{role("\"boss\""), "invalid role"},
                        {role("\"User\""), "invalid role"},
                        {role("null"), "invalid role"},
                        {"{\"assignRole\":{\"user\":{\"id\":1}}}", "invalid role"},
                        {role("1"), "malformed assignRole.role"}});
  for (auto name : {"\"guest\"", "\"admin\"", "\"user\""})
    BOOST_TEST(recorded(*this, role(name)) == "roleAssigned auditRecorded");
  BOOST_TEST(outcome(send(role("\"user\""))) == "unchanged");
}

BOOST_AUTO_TEST_CASE(the_user_must_be_there) {
  std::vector<Refused> all;
  for (auto command : {"activateUser", "deactivateUser", "removeUser", "unlinkTrakt"}) {
    all.push_back({on(command, "nobody"), "notFound user"});
    all.push_back({fmt::format("{{\"{}\":{{}}}}", command), "invalid user"});
    all.push_back({fmt::format("{{\"{}\":{{\"user\":{{\"id\":1,\"username\":\"ada\"}}}}}}", command), "invalid user"});
  }
  all.push_back({password().with("user", user_ref("nobody")).as("changePassword"), "notFound user"});
  all.push_back({token_fields("nobody").as("issueRefreshToken"), "notFound user"});
  all.push_back({trakt_fields("nobody").as("linkTrakt"), "notFound user"});
  all.push_back({refresh_fields().with("user", user_ref("nobody")).as("refreshTrakt"), "notFound user"});
  all.push_back({audit_fields().with("user", user_ref("nobody")).as("recordAudit"), "notFound user"});
  all.push_back({audit_fields().with("user", "{}").as("recordAudit"), "invalid user"});
  check_refused(*this, all);
}

BOOST_AUTO_TEST_CASE(user_commands_are_audited) {
  auto receipt = accept(user_fields("eve").as("registerUser"));
  BOOST_TEST(events_of(*this, receipt) == "userRegistered auditRecorded");
  BOOST_TEST(receipt.effect.subject_id == 4);
  BOOST_TEST(receipt.effect.version == 1);
  BOOST_TEST(audited(receipt) == "USER_CREATION 4");
  auto step = [&](const std::string& json, const char* names, const char* audit) {
    auto accepted = accept(json);
    BOOST_TEST(events_of(*this, accepted) == names);
    BOOST_TEST(audited(accepted) == audit);
  };
  step(password().as("changePassword"), "passwordChanged auditRecorded", "PASSWORD_CHANGE 1");
  step(role("\"guest\""), "roleAssigned auditRecorded", "ROLE_CHANGE 1");
  step(token_fields().as("issueRefreshToken"), "refreshTokenIssued auditRecorded", "TOKEN_REFRESH 1");
  step(revoke_token(), "refreshTokenRevoked auditRecorded", "TOKEN_INVALIDATION 1");
  step(on("deactivateUser"), "userDeactivated auditRecorded", "USER_UPDATE 1");
  step(on("activateUser"), "userActivated auditRecorded", "USER_UPDATE 1");
  step(on("removeUser"), "userRemoved auditRecorded", "USER_DELETION null");
}

BOOST_AUTO_TEST_CASE(activating_twice_is_unchanged) {
  BOOST_TEST(outcome(send(on("activateUser"))) == "unchanged");
  accept(on("deactivateUser"));
  BOOST_TEST(outcome(send(on("deactivateUser"))) == "unchanged");
}

BOOST_AUTO_TEST_CASE(an_inactive_user_gets_no_token_and_loses_those_it_has) {
  accept(token_fields("ada", "hunter2-a").as("issueRefreshToken"));
  accept(token_fields("ada", "hunter2-b").as("issueRefreshToken"));
  accept(token_fields("gus", "hunter2-c").as("issueRefreshToken"));
  BOOST_TEST(recorded(*this, on("deactivateUser")) ==
             "userDeactivated refreshTokenRevoked refreshTokenRevoked auditRecorded");
  check_refused(*this, {{token_fields("ada", "hunter2-d").as("issueRefreshToken"), "inactiveUser user"},
                        {revoke_token("hunter2-a"), "notFound token"},
                        {revoke_token("hunter2-b"), "notFound token"}});
  BOOST_TEST(outcome(send(revoke_token("hunter2-c"))) == "accepted");
  accept(on("activateUser"));
  BOOST_TEST(outcome(send(token_fields("ada", "hunter2-a").as("issueRefreshToken"))) == "accepted");
  accept(user_fields("off").with("isActive", "false").as("registerUser"));
  BOOST_TEST(outcome(send(token_fields("off", "hunter2-e").as("issueRefreshToken"))) == "inactiveUser user");
}

// It could be had by the user itself, and then by nobody be got rid of.
BOOST_AUTO_TEST_CASE(a_user_with_more_tokens_than_a_command_has_events_loses_all_of_them) {
  constexpr size_t batches = is_sanitized ? 1 : 7, tokens_of_batch = 9'400;
  for (size_t batch = 0; batch < batches; ++batch) {
    std::string members;
    for (size_t i = 0; i < tokens_of_batch; ++i)
      members += fmt::format(R"({}{{"id":"{}",{})", i == 0 ? "" : ",", events::to_string(events::new_uuid()),
                             token_fields("ada", fmt::format("{}-{}", batch, i)).as("issueRefreshToken").substr(1));
    accept("{\"batch\":{\"commands\":[" + members + "]}}");
  }
  const auto receipt = accept(on("deactivateUser"));
  BOOST_TEST(receipt.effect.last - receipt.effect.first + 1 == batches * tokens_of_batch + 2);
  check_refused(*this, {{revoke_token("0-0"), "notFound token"}});
  BOOST_TEST(recorded(*this, on("removeUser")) == "userRemoved auditRecorded");
}

BOOST_AUTO_TEST_CASE(a_removed_user_takes_tokens_and_trakt_link) {
  accept(token_fields("ada", "hunter2-a").as("issueRefreshToken"));
  accept(token_fields("ada", "hunter2-b").as("issueRefreshToken"));
  accept(trakt_fields().as("linkTrakt"));
  accept(audit_fields().with("user", user_ref()).as("recordAudit"));
  BOOST_TEST(recorded(*this, on("removeUser")) ==
             "refreshTokenRevoked refreshTokenRevoked traktUnlinked userRemoved auditRecorded");
  check_refused(*this, {{on("removeUser"), "notFound user"},
                        {revoke_token("hunter2-a"), "notFound token"},
                        {on("unlinkTrakt"), "notFound user"}});
  // The name is free again, the id is not.
  BOOST_TEST(accept(user_fields().as("registerUser")).effect.subject_id == 4);
  BOOST_TEST(outcome(send(on("unlinkTrakt"))) == "notFound user");
}

BOOST_AUTO_TEST_CASE(a_token_whose_columns_are_wrong_is_invalid) {
  check_refused(*this, each_invalid(token_fields(), "issueRefreshToken",
                                    {{"token", ""},
                                     {"token", "\"\""},
                                     {"token", "null"},
                                     {"expiresAt", ""},
                                     {"expiresAt", "null"},
                                     {"user", ""}}));
  check_refused(*this,
                {{token_fields().with("expiresAt", "\"tomorrow\"").as("issueRefreshToken"),
                  "malformed issueRefreshToken.expiresAt"},
                 {token_fields().with("expiresAt", "1800000000").as("issueRefreshToken"),
                  "malformed issueRefreshToken.expiresAt"},
                 {token_fields().with("token", "{\"a\":\"hunter2\"}").as("issueRefreshToken"),
                  "malformed issueRefreshToken.token"},
                 {token_fields().with("hunter2", "1").with("token", "\"\\u0000hunter2\"").as("issueRefreshToken"),
                  "malformed issueRefreshToken.token"}});
}

BOOST_AUTO_TEST_CASE(a_token_is_known_once) {
  auto receipt = accept(token_fields().as("issueRefreshToken"));
  BOOST_TEST(receipt.effect.subject_id == 1);
  check_refused(*this,
                {{token_fields().as("issueRefreshToken"), "duplicate token"},
                 {token_fields("gus").as("issueRefreshToken"), "duplicate token"},
                 {revoke_token("hunter2-other"), "notFound token"},
                 {"{\"revokeRefreshToken\":{}}", "invalid token"},
                 {"{\"revokeRefreshToken\":{\"token\":{\"id\":1,\"token\":\"hunter2-token\"}}}", "invalid token"},
                 {"{\"revokeRefreshToken\":{\"token\":{\"id\":9}}}", "notFound token"}});
  BOOST_TEST(outcome(send("{\"revokeRefreshToken\":{\"token\":{\"id\":1}}}")) == "accepted");
  BOOST_TEST(outcome(send(revoke_token())) == "notFound token");
  BOOST_TEST(accept(token_fields().as("issueRefreshToken")).effect.subject_id == 2);
}

// Each looks at some rows that stay, and a batch has room for thousands of them.
BOOST_AUTO_TEST_CASE(a_batch_that_looks_at_the_same_tokens_again_and_again_is_refused) {
  for (int i = 0; i < 10; ++i) accept(token_fields("ada", fmt::format("hunter2-{}", i)).as("issueRefreshToken"));
  const auto expired = [&](size_t times) {
    return outcome(send(batch_of(std::vector<std::string>(times, R"({"expireRefreshTokens":{}})"))));
  };
  BOOST_TEST(expired(6'553) == "unchanged");
  BOOST_TEST(expired(6'554).starts_with("restricted"));
}

BOOST_AUTO_TEST_CASE(expired_tokens_go) {
  auto issue = [&](const char* token, const char* expires) {
    accept(token_fields("ada", token).with("expiresAt", json_text(expires)).as("issueRefreshToken"));
  };
  issue("hunter2-a", "2026-01-01T00:00:00Z");
  issue("hunter2-b", "2020-01-01T00:00:00Z");
  issue("hunter2-c", "2099-01-01T00:00:00Z");
  check_refused(*this, {{"{\"expireRefreshTokens\":{\"before\":\"2090-01-01T00:00:00Z\"}}", "invalid before"}});
  BOOST_TEST(outcome(send("{\"expireRefreshTokens\":{\"before\":\"2019-01-01T00:00:00Z\"}}")) == "unchanged");
  auto first = accept("{\"expireRefreshTokens\":{\"before\":\"2021-01-01T00:00:00Z\"}}");
  BOOST_TEST(events_of(*this, first) == "refreshTokenExpired auditRecorded");
  BOOST_TEST(audited(first) == "TOKEN_INVALIDATION null");
  BOOST_TEST(outcome(send(revoke_token("hunter2-b"))) == "notFound token");
  BOOST_TEST(recorded(*this, "{\"expireRefreshTokens\":{}}") == "refreshTokenExpired auditRecorded");
  BOOST_TEST(outcome(send("{\"expireRefreshTokens\":{}}")) == "unchanged");
  BOOST_TEST(outcome(send(revoke_token("hunter2-c"))) == "accepted");
}

BOOST_AUTO_TEST_CASE(a_trakt_link_whose_columns_are_wrong_is_invalid) {
  check_refused(*this, each_invalid(trakt_fields(), "linkTrakt",
                                    {{"username", ""},
                                     {"username", "\" \""},
                                     {"accessToken", ""},
                                     {"accessToken", "\"\""},
                                     {"accessToken", "null"},
                                     {"refreshToken", ""},
                                     {"refreshToken", "\"\""},
                                     {"expiresAt", ""}}));
  check_refused(*this, {{refresh_fields().as("refreshTrakt"), "notFound user"}, {on("unlinkTrakt"), "notFound user"}});
  accept(trakt_fields().as("linkTrakt"));
  check_refused(*this, each_invalid(refresh_fields(), "refreshTrakt",
                                    {{"accessToken", ""}, {"refreshToken", "\"\""}, {"expiresAt", "null"}}));
}

BOOST_AUTO_TEST_CASE(blank_secrets_are_refused_before_they_are_sealed) {
  accept(trakt_fields().as("linkTrakt"));
  check_refused(*this,
                each_invalid(trakt_fields(), "linkTrakt", {{"accessToken", "\" \""}, {"refreshToken", "\"\\t\""}}));
  check_refused(*this, each_invalid(refresh_fields(), "refreshTrakt", {{"accessToken", "\"  \""}}));
  check_refused(*this, each_invalid(token_fields(), "issueRefreshToken", {{"token", "\"  \""}}));
}

BOOST_AUTO_TEST_CASE(a_trakt_link_is_made_renewed_and_cut) {
  BOOST_TEST(recorded(*this, trakt_fields().as("linkTrakt")) == "traktLinked");
  BOOST_TEST(outcome(send(trakt_fields().as("linkTrakt"))) == "unchanged");
  BOOST_TEST(outcome(send(refresh_fields().as("refreshTrakt"))) == "unchanged");
  auto other = refresh_fields().with("accessToken", "\"hunter2-other\"");
  BOOST_TEST(recorded(*this, other.as("refreshTrakt")) == "traktRefreshed");
  BOOST_TEST(outcome(send(other.as("refreshTrakt"))) == "unchanged");
  BOOST_TEST(recorded(*this, trakt_fields().with("username", "\"ada2\"").as("linkTrakt")) == "traktLinked");
  BOOST_TEST(recorded(*this, on("unlinkTrakt")) == "traktUnlinked");
  BOOST_TEST(outcome(send(on("unlinkTrakt"))) == "notFound user");
}

// One command was taken while the machine's clock stood ten years ahead, so recordedAt does as well.
BOOST_AUTO_TEST_CASE(a_log_that_a_wrong_clock_dated_expires_nothing_before_its_time) {
  const int64_t day = 24LL * 3600 * 1'000'000;
  const auto until = [&](int64_t us) { return json_text(events::to_rfc3339(us)); };
  accept(token_fields("ada", "hunter2-valid").with("expiresAt", until(now_us() + 365 * day)).as("issueRefreshToken"));
  accept(token_fields("ada", "hunter2-over").with("expiresAt", until(now_us() - day)).as("issueRefreshToken"));
  date_ahead_by(3'650 * day);
  BOOST_TEST(recorded(*this, "{\"expireRefreshTokens\":{}}") == "refreshTokenExpired auditRecorded");
  BOOST_TEST(outcome(send("{\"expireRefreshTokens\":{}}")) == "unchanged");
  check_refused(*this, {{fmt::format("{{\"expireRefreshTokens\":{{\"before\":{}}}}}", until(now_us() + 366 * day)),
                         "invalid before"}});
  BOOST_TEST(outcome(send(revoke_token("hunter2-valid"))) == "accepted");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE_END()
