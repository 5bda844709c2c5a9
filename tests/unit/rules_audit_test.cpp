#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

#include "events/text/datetime.h"
#include "tests/support/refusals.h"

BOOST_AUTO_TEST_SUITE(rules_audit_test)

using namespace catlog;
using namespace catlog::tests;

namespace {

Fields audit_fields() { return {{"action", "\"LOGIN\""}, {"severity", "\"INFO\""}}; }

}  // namespace

BOOST_FIXTURE_TEST_SUITE(audit, Catalogue)

BOOST_AUTO_TEST_CASE(an_audit_row_whose_columns_are_wrong_is_invalid) {
  check_refused(*this, each_invalid(audit_fields(), "recordAudit",
                                    {{"action", ""},
                                     {"action", "null"},
                                     {"action", "\"login\""},
                                     {"action", "\"SHOUT\""},
                                     {"severity", ""},
                                     {"severity", "\"info\""},
                                     {"severity", "\"FATAL\""},
                                     {"metadata", "\"{not json\""},
                                     {"metadata", "\"\""},
                                     {"metadata", "\"{} {}\""}}));
  check_refused(*this,
                {{audit_fields().with("userId", "1").as("recordAudit"), "malformed recordAudit.userId"},
                 {audit_fields().with("metadata", "{\"a\":1}").as("recordAudit"), "malformed recordAudit.metadata"}});
}

BOOST_AUTO_TEST_CASE(every_audit_action_and_severity_is_known) {
  for (auto action : {"LOGIN",
                      "LOGOUT",
                      "LOGIN_FAILURE",
                      "PASSWORD_CHANGE",
                      "PASSWORD_RESET_REQUEST",
                      "PASSWORD_RESET_COMPLETE",
                      "TOKEN_REFRESH",
                      "TOKEN_INVALIDATION",
                      "UNAUTHORIZED_ACCESS",
                      "USER_CREATION",
                      "USER_UPDATE",
                      "USER_DELETION",
                      "ROLE_CHANGE",
                      "API_ACCESS",
                      "API_ERROR",
                      "CONFIGURATION_CHANGE",
                      "SECURITY_SETTING_CHANGE",
                      "SUSPICIOUS_ACTIVITY",
                      "RATE_LIMIT_EXCEEDED",
                      "IP_BLOCKED",
                      "IP_UNBLOCKED",
                      "OTHER"})
    BOOST_TEST(recorded(*this, audit_fields().with("action", json_text(action)).as("recordAudit")) == "auditRecorded");
  for (auto severity : {"INFO", "WARNING", "ERROR", "CRITICAL"})
    BOOST_TEST(recorded(*this, audit_fields().with("severity", json_text(severity)).as("recordAudit")) ==
               "auditRecorded");
  BOOST_TEST(recorded(*this, audit_fields().with("metadata", "\"[1,2]\"").as("recordAudit")) == "auditRecorded");
}

BOOST_AUTO_TEST_CASE(audit_rows_are_purged_by_their_time) {
  check_refused(*this, {{"{\"purgeAuditLogs\":{}}", "invalid before"},
                        {purge_until(now_us() + 1'000'000), "invalid before"},
                        {"{\"purgeAuditLogs\":{\"before\":null}}", "invalid before"},
                        {"{\"purgeAuditLogs\":{\"before\":\"2026\"}}", "malformed purgeAuditLogs.before"}});
  BOOST_TEST(outcome(send("{\"purgeAuditLogs\":{\"before\":\"2020-01-01T00:00:00Z\"}}")) == "unchanged");
  // The three registered users'.
  BOOST_TEST(recorded(*this, purge_until(now_us())) == "auditLogPurged auditLogPurged auditLogPurged");
  BOOST_TEST(outcome(send(purge_until(now_us()))) == "unchanged");
  BOOST_TEST(accept(audit_fields().as("recordAudit")).effect.subject_id == 4);
}

BOOST_AUTO_TEST_CASE(audit_rows_of_one_severity_are_purged_and_the_others_stay) {
  const auto purge = [&](const char* severity) {
    return fmt::format(R"({{"purgeAuditLogs":{{"before":"{}","severity":{}}}}})", events::to_rfc3339(now_us()),
                       severity);
  };
  for (const char* severity : {"\"INFO\"", "\"CRITICAL\"", "\"INFO\"", "\"ERROR\"", "\"CRITICAL\""})
    accept(audit_fields().with("severity", severity).as("recordAudit"));
  check_refused(*this, {{purge("\"FATAL\""), "invalid severity"},
                        {purge("\"\""), "invalid severity"},
                        {purge("\"unset\""), "invalid severity"},
                        {purge("2"), "malformed purgeAuditLogs.severity"}});
  BOOST_TEST(recorded(*this, purge("\"CRITICAL\"")) == "auditLogPurged auditLogPurged");
  BOOST_TEST(outcome(send(purge("\"CRITICAL\""))) == "unchanged");
  BOOST_TEST(outcome(send(purge("\"WARNING\""))) == "unchanged");
  // The state that is stored and read again has them in the same order.
  flush_state();
  restart();
  // The three registered users' are INFO too.
  BOOST_TEST(events_of(*this, accept(purge("\"INFO\""))).size() == 5 * std::string("auditLogPurged ").size() - 1);
  BOOST_TEST(recorded(*this, purge("null")) == "auditLogPurged");
}

// So that a long trail goes from its beginning on, whatever the severities in it are.
BOOST_AUTO_TEST_CASE(the_oldest_audit_rows_go_first_whatever_their_severity) {
  std::vector<std::string> rows;
  for (int number = 0; number < 1'010; ++number)
    rows.push_back(audit_fields().with("severity", number % 2 == 0 ? "\"INFO\"" : "\"ERROR\"").as("recordAudit"));
  accept(batch_of(rows));
  send(purge_until(0));  // a moment passes
  const auto first = accept(purge_until(now_us()));
  BOOST_TEST(first.effect.last - first.effect.first + 1 == 1'000u);
  BOOST_TEST(events_of(*this, accept(purge_until(now_us()))).size() == 13 * std::string("auditLogPurged ").size() - 1);
  BOOST_TEST(outcome(send(purge_until(now_us()))) == "unchanged");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE_END()
