#include <boost/test/unit_test.hpp>

#include <fstream>

#include "projector/quarantine/standstill.h"
#include "tests/support/chance.h"
#include "tests/support/data_directory.h"
#include "tests/support/read_models.h"
#include "tests/support/temporary_directory.h"

BOOST_AUTO_TEST_SUITE(standstill_test)

// The note of why the projector stands still: of a process that may have been killed while it wrote, in a folder where
// others may write.

using namespace catlog;
using namespace catlog::tests;
using projector::Standstill;

namespace {

const Standstill stopped{events::Exit::unapplied, 7, "NOT NULL constraint failed: movies.title", 1'700'000'000'000'000};

struct Fixture {
  TemporaryDirectory run;

  void write(const std::string& text) const {
    std::ofstream(run / "projector-status.json", std::ios::binary | std::ios::trunc) << text;
  }
  std::string written() const {
    projector::write_standstill(run.path(), test_log_id, stopped);
    return read_text(run / "projector-status.json");
  }
  std::optional<Standstill> read() const { return projector::read_standstill(run.path(), test_log_id); }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(standstill, Fixture)

BOOST_AUTO_TEST_CASE(what_is_written_is_read_until_it_is_cleared) {
  BOOST_TEST(!read());
  written();
  const auto note = read();
  BOOST_TEST_REQUIRE(note.has_value());
  BOOST_TEST((note->code == stopped.code));
  BOOST_TEST(note->position == stopped.position);
  BOOST_TEST(note->reason == stopped.reason);
  BOOST_TEST(note->since_us == stopped.since_us);
  projector::clear_standstill(run.path());
  BOOST_TEST(!read());
}

BOOST_AUTO_TEST_CASE(a_note_of_another_log_is_none) {
  written();
  BOOST_TEST(!projector::read_standstill(run.path(), std::string(test_log_id.size(), '0')));
}

BOOST_AUTO_TEST_CASE(a_stop_that_is_no_events_fault_has_no_position) {
  projector::write_standstill(run.path(), test_log_id, {events::Exit::damaged, 0, "the list cannot be used", 0});
  const auto note = read();
  BOOST_TEST_REQUIRE(note.has_value());
  BOOST_TEST((note->code == events::Exit::damaged));
  BOOST_TEST(note->position == 0u);
}

BOOST_AUTO_TEST_CASE(a_note_that_is_cut_is_none_wherever_it_is_cut) {
  const std::string whole = written();
  for (size_t length = 0; length + 1 < whole.size(); ++length) {  // the line's end may be missing
    write(whole.substr(0, length));
    BOOST_TEST(!read(), length);
  }
}

BOOST_AUTO_TEST_CASE(a_note_of_any_other_form_is_none) {
  const std::string id = R"("logId":")" + test_log_id + R"(",)";
  for (const std::string& text :
       {std::string("[]"), std::string("7"), std::string("\"") + test_log_id + "\"", std::string("{}"), '{' + id + "}",
        '{' + id + R"("stoppedAt":-1,"reason":"r","since":"2026-11-01T00:00:00Z","exitCode":7})",
        '{' + id + R"("stoppedAt":1.5,"reason":"r","since":"2026-11-01T00:00:00Z","exitCode":7})",
        '{' + id + R"("stoppedAt":1,"reason":{},"since":"2026-11-01T00:00:00Z","exitCode":7})",
        '{' + id + R"("stoppedAt":1,"reason":"r","since":5,"exitCode":7})",
        '{' + id + R"("stoppedAt":1,"reason":"r","since":"2026-11-01T00:00:00Z","exitCode":"7"})",
        std::string(1 << 17, ' ') + '{' + id + R"("stoppedAt":1,"reason":"r","since":"","exitCode":7})",
        std::string(60'000, '[')}) {
    write(text);
    BOOST_TEST(!read(), text.substr(0, 200));
  }
}

BOOST_AUTO_TEST_CASE(changed_bytes_are_refused_or_read_as_what_they_say) {
  const std::string whole = written();
  Chance chance;
  BOOST_TEST_MESSAGE("seed " << chance.seed());
  for (int round = 0; round < 2'000; ++round) {
    write(with_changed_bytes(whole, chance));
    const auto note = read();
    if (!note) continue;
    projector::write_standstill(run.path(), test_log_id, *note);
    const auto again = read();
    BOOST_TEST_REQUIRE(again.has_value());
    BOOST_TEST(again->position == note->position);
    BOOST_TEST(again->reason == note->reason);
  }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE_END()
