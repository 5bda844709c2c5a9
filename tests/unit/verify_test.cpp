#include "events/schema/record.h"

#include <boost/test/unit_test.hpp>

#include <fstream>

#include <unistd.h>

#include "events/codec/json.h"
#include "events/codec/message.h"
#include "projector/model/generations.h"
#include "projector/rebuild/verify.h"
#include "projector/sqlite/stored_digests.h"
#include "projector/sqlite/table_layout.h"
#include "tests/support/read_models.h"
#include "tests/support/sample_events.h"
#include "tests/support/temporary_directory.h"

BOOST_AUTO_TEST_SUITE(verify_test)

using namespace catlog;
using namespace catlog::tests;
using events::schema::Record;
using projector::Depth;

namespace {

struct Fixture {
  TemporaryDirectory directory;
  RecordScript script = small_catalogue();
  store::Log log = store::Log::open(directory / "log", store::Access::write);
  std::filesystem::path folder = directory / "readmodel";
  Fixture() { script.append_to(log); }

  projector::Verification verify(Depth depth = Depth::digests) {
    return projector::verify_read_model(log, {}, folder, directory.path(), depth);
  }
  std::filesystem::path project() {
    auto file = projector::Generations(folder).prepare_live(log.id());
    projector::ReadModel model(file, log.id(), log.head(), projector::Writing::live);
    projector::catch_up(model, log, projector::whole_log);
    model.close();
    return file;
  }

  // Overwrites a page of a SQLite file, counted from 1.
  static void spoil(const std::filesystem::path& file, int page) {
    std::fstream(file, std::ios::binary | std::ios::in | std::ios::out).seekp((page - 1) * 4096)
        << std::string(4096, '\xa5');
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

size_t indexes_of(const std::string& table) {
  return std::stoul(one_value(projector::schema_in_memory(),
                              "SELECT count(*) FROM sqlite_schema WHERE type = 'index' AND "
                              "name NOT LIKE 'sqlite_%' AND tbl_name = '" +
                                  table + "'"));
}

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
BOOST_AUTO_TEST_CASE(an_unknown_kind_of_stream_is_found) {
  BOOST_TEST(findings_with([](Record::Builder record) {
               record.setStream(static_cast<events::Entity>(999));
               record.setStreamVersion(7);
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
  // A changed table is found in the schema and by its columns.
  for (const auto& [sql, findings] : std::vector<std::pair<const char*, size_t>>{
           {"UPDATE movies SET rating = 1 WHERE id = 2", 1},
           {"UPDATE movies SET budget = 0 WHERE id = 2", 1},
           {"DELETE FROM movie_genres WHERE genreId = 2", 1},
           {"INSERT INTO media_list_movies VALUES (1, 2)", 1},
           {"DELETE FROM sync_states", 1},
           {"UPDATE audit_logs SET userId = NULL", 1},
           {"DROP INDEX idx_movie_id", 1},
           {"DROP TABLE audit_logs", 1 + indexes_of("audit_logs") + 1},
           {"UPDATE projection_streams SET lastPosition = 1 WHERE kind = 'movies'", 1},
           {"CREATE TABLE extra (id INTEGER PRIMARY KEY)", 2},
           {"ALTER TABLE movies ADD COLUMN extra TEXT", 2}}) {
    auto file = project();
    std::filesystem::copy(file, directory / "saved.sqlite", std::filesystem::copy_options::overwrite_existing);
    projector::Database(file, projector::Open::write).run(projector::Sql::generated(sql));
    BOOST_TEST(verify().findings.size() == findings, sql);
    BOOST_TEST(verify(Depth::deep).findings == verify().findings, sql);
    std::filesystem::rename(directory / "saved.sqlite", file);
  }
}

BOOST_AUTO_TEST_CASE(the_first_difference_is_told_by_table_key_and_column) {
  projector::Database(project(), projector::Open::write).run("UPDATE movies SET rating = 1 WHERE id = 2");
  BOOST_TEST(verify().findings.at(0) == "movies 2 rating: the read model has 1.0, the log has 0.0");
}

BOOST_AUTO_TEST_CASE(equality_is_checked_without_rebuilding) {
  project();
  const auto no_scratch = directory / "nowhere";
  BOOST_TEST(projector::verify_read_model(log, {}, folder, no_scratch, Depth::digests).findings.empty());
  BOOST_CHECK_THROW(projector::verify_read_model(log, {}, folder, no_scratch, Depth::deep), std::exception);
}

BOOST_AUTO_TEST_CASE(a_difference_is_told_when_the_rows_cannot_be_compared) {
  projector::Database(project(), projector::Open::write).run("UPDATE movies SET rating = 1 WHERE id = 2");
  const auto findings = projector::verify_read_model(log, {}, folder, directory / "nowhere", Depth::digests).findings;
  BOOST_TEST_REQUIRE(findings.size() == 3u);
  BOOST_TEST(findings[0].starts_with("movies: projection_digests says"));
  BOOST_TEST(findings[1].starts_with("movies: its rows give"));
  BOOST_TEST(findings[2].starts_with("the rows could not be compared: "));
}

BOOST_AUTO_TEST_CASE(a_damaged_page_is_a_finding) {
  const auto file = project();
  for (int page = 2; page <= 4; ++page) spoil(file, page);
  const auto result = verify();
  BOOST_TEST_REQUIRE(!result.findings.empty());
  BOOST_TEST(result.findings[0].starts_with(file.string()));
  BOOST_TEST(!verify(Depth::deep).findings.empty());
}

BOOST_AUTO_TEST_CASE(a_file_that_is_no_database_is_a_finding) {
  const auto file = project();
  spoil(file, 1);
  const auto result = verify();
  BOOST_TEST_REQUIRE(result.findings.size() == 1u);
  BOOST_TEST((result.findings[0].find("catlog rebuild") != std::string::npos), result.findings[0]);
}

BOOST_AUTO_TEST_CASE(what_a_killed_verify_left_is_removed) {
  projector::Database(project(), projector::Open::write).run("UPDATE movies SET rating = 1 WHERE id = 2");
  const auto left = directory / "verify.sqlite.999999999.building";
  const auto of_a_living_one = directory / ("verify.sqlite." + std::to_string(::getppid()) + ".building");
  for (const auto& file : {left, of_a_living_one}) std::ofstream(file) << "half a file";
  BOOST_TEST(verify().findings.size() == 1u);
  BOOST_TEST(!std::filesystem::exists(left));
  BOOST_TEST(std::filesystem::exists(of_a_living_one));
  BOOST_TEST(std::distance(std::filesystem::directory_iterator(directory.path()), {}) == 3);
}

// Whoever changes a row and its digest too has not changed the log.
BOOST_AUTO_TEST_CASE(rows_that_agree_with_their_digests_but_not_with_the_log_are_found) {
  auto file = project();
  {
    projector::Database database(file, projector::Open::write);
    projector::DigestKeeper keeper(database);
    projector::Transaction transaction(database, projector::Transaction::Kind::write);
    database.run("UPDATE movies SET rating = 1 WHERE id = 2");
    keeper.write();
    transaction.commit();
  }
  projector::Database database(file, projector::Open::read);
  BOOST_TEST((projector::read_digests(database) == projector::scan_digests(database)));
  BOOST_TEST(verify().findings.size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_digest_that_is_not_its_tables_is_found) {
  auto file = project();
  projector::Database(file, projector::Open::write)
      .run(
          "UPDATE projection_digests SET digest = replace(digest, substr(digest, 1, 4), 'ffff') "
          "WHERE tableName = 'movies'");
  auto findings = verify().findings;
  BOOST_TEST_REQUIRE(findings.size() == 1u);
  BOOST_TEST(findings[0].starts_with("movies: projection_digests says 2 rows ffff"));
}

BOOST_AUTO_TEST_CASE(the_checkpoint_holds_the_logs_root_at_its_position) {
  auto file = project();
  auto in_order = projector::read_checkpoint(projector::Database(file, projector::Open::read));
  BOOST_TEST(in_order.merkle_head.size() == 64u);
  BOOST_TEST(in_order.merkle_head == projector::merkle_head_at(log, log.head()));
  projector::build_file(log, {}, directory / "folded.sqlite", projector::whole_log);
  BOOST_TEST(
      projector::read_checkpoint(projector::Database(directory / "folded.sqlite", projector::Open::read)).merkle_head ==
      in_order.merkle_head);
}

BOOST_AUTO_TEST_CASE(a_read_model_of_another_history_is_refused) {
  auto file = project();
  projector::Database(file, projector::Open::write)
      .run("UPDATE projection_checkpoint SET merkleHead = replace(merkleHead, substr(merkleHead, 1, 2), 'zz')");
  BOOST_CHECK_EXCEPTION(verify(), events::Failure,
                        [](const events::Failure& failure) { return failure.code() == events::Exit::damaged; });
}

BOOST_AUTO_TEST_CASE(a_missing_read_model_is_a_finding) { BOOST_TEST(verify().findings.size() == 1u); }

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE_END()
