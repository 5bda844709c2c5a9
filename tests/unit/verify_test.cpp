#include <boost/test/unit_test.hpp>

#include "projector/generations.h"
#include "projector/verify.h"
#include "tests/support/read_models.h"
#include "tests/support/sample_events.h"
#include "tests/support/temporary_directory.h"

using namespace catlog;
using namespace catlog::tests;
using events::schema::Record;

namespace {

struct Fixture {
  TemporaryDirectory directory;
  RecordScript script = small_catalogue();
  store::Log log = store::Log::open(directory / "log", store::Access::write);
  std::filesystem::path folder = directory / "readmodel";
  Fixture() { script.append_to(log); }

  projector::Verification verify() { return projector::verify_read_model(log, {}, folder, directory.path()); }
  std::filesystem::path project() {
    auto file = projector::Generations(folder).prepare_live(log.id());
    projector::ReadModel model(file, log.id(), log.head(), projector::Writing::live);
    projector::catch_up(model, log, projector::whole_log);
    model.close();
    return file;
  }

  // Appends a copy of the script's last record, spoilt.
  template <class Spoil>
  std::vector<std::string> findings_with(Spoil spoil) {
    events::RecordView last(script.bytes(script.head()));
    capnp::MallocMessageBuilder message;
    message.setRoot(last.root());
    auto record = message.getRoot<Record>();
    record.setPosition(log.head() + 1);
    record.setStreamVersion(last.root().getStreamVersion() + 1);
    record.setPreviousInStream(last.root().getPosition());
    spoil(record);
    std::string bytes = events::encode(record.asReader(), events::Encoding::capnp, events::Secrets::shown);
    std::vector<store::Bytes> records{std::as_bytes(std::span(bytes))};
    log.append(log.head(), records);
    return projector::verify_log(log).findings;
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(verify, Fixture)

BOOST_AUTO_TEST_CASE(a_sound_log_has_no_findings) {
  auto result = projector::verify_log(log);
  BOOST_TEST(result.checked == log.head());
  BOOST_TEST(result.findings.empty());
  BOOST_TEST(findings_with([](Record::Builder) {}).empty());
}

BOOST_AUTO_TEST_CASE(a_wrong_position_is_found) {
  BOOST_TEST(findings_with([](Record::Builder record) { record.setPosition(7); }).size() == 1);
}
BOOST_AUTO_TEST_CASE(a_clock_that_went_back_is_found) {
  BOOST_TEST(findings_with([](Record::Builder record) { record.setRecordedAt(1); }).size() == 1);
}
BOOST_AUTO_TEST_CASE(a_wrong_version_is_found) {
  BOOST_TEST(findings_with([](Record::Builder record) { record.setStreamVersion(9); }).size() == 1);
}
BOOST_AUTO_TEST_CASE(a_wrong_back_position_is_found) {
  BOOST_TEST(findings_with([](Record::Builder record) { record.setPreviousInStream(1); }).size() == 1);
}
BOOST_AUTO_TEST_CASE(half_a_command_is_found) {
  BOOST_TEST(findings_with([](Record::Builder record) { record.setCount(2); }).size() == 1);
}
BOOST_AUTO_TEST_CASE(a_wrong_index_is_found) {
  BOOST_TEST(findings_with([](Record::Builder record) {
               record.setIndex(1);
               record.setCount(2);
             }).size() == 1);
}
BOOST_AUTO_TEST_CASE(an_unset_event_is_found) {
  BOOST_TEST(findings_with([](Record::Builder record) { record.getEvent().setUnset(); }).size() == 1);
}
BOOST_AUTO_TEST_CASE(an_unreadable_record_is_found) {
  std::string bytes(64, '\xff');
  std::vector<store::Bytes> records{std::as_bytes(std::span(bytes))};
  log.append(log.head(), records);
  BOOST_TEST(projector::verify_log(log).findings.size() == 1);
}

BOOST_AUTO_TEST_CASE(an_equal_read_model_has_no_findings) {
  project();
  auto result = verify();
  BOOST_TEST(result.findings.empty());
  BOOST_TEST(result.checked == log.head());
  // Nothing stays behind.
  BOOST_TEST(std::distance(std::filesystem::directory_iterator(directory.path()), {}) == 2);
}

BOOST_AUTO_TEST_CASE(a_read_model_that_lags_is_compared_where_it_stands) {
  project();
  auto before = log.head();
  script.command({movie_described(9, "Later")});
  script.append_to(log);
  auto result = verify();
  BOOST_TEST(result.findings.empty());
  BOOST_TEST(result.checked == before);
}

BOOST_AUTO_TEST_CASE(every_kind_of_difference_is_found) {
  for (const char* sql : {"UPDATE movies SET rating = 1 WHERE id = 2", "UPDATE movies SET budget = 0 WHERE id = 2",
                          "DELETE FROM movie_genres WHERE genreId = 2", "INSERT INTO media_list_movies VALUES (1, 2)",
                          "DELETE FROM sync_states", "UPDATE audit_logs SET userId = NULL", "DROP TABLE audit_logs",
                          "UPDATE projection_streams SET lastPosition = 1 WHERE kind = 'movies'",
                          "CREATE TABLE extra (id INTEGER PRIMARY KEY)", "ALTER TABLE movies ADD COLUMN extra TEXT"}) {
    auto file = project();
    std::filesystem::copy(file, directory / "saved.sqlite", std::filesystem::copy_options::overwrite_existing);
    projector::Database(file, projector::Open::write).run(projector::Sql::generated(sql));
    BOOST_TEST(verify().findings.size() == 1u, sql);
    std::filesystem::rename(directory / "saved.sqlite", file);
  }
}

BOOST_AUTO_TEST_CASE(a_missing_read_model_is_a_finding) { BOOST_TEST(verify().findings.size() == 1u); }

BOOST_AUTO_TEST_SUITE_END()
