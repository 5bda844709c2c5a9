#include <boost/test/unit_test.hpp>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <fstream>

#include <sys/resource.h>
#include <sys/stat.h>

#include "projector/quarantine/quarantine.h"
#include "tests/support/chance.h"
#include "tests/support/child_process.h"
#include "tests/support/data_directory.h"
#include "tests/support/read_models.h"
#include "tests/support/temporary_directory.h"

BOOST_AUTO_TEST_SUITE(quarantine_test)

using namespace catlog;
using namespace catlog::tests;
using projector::Quarantine;
using projector::QuarantinedEvent;

namespace {

QuarantinedEvent event_at(events::Position position, const std::string& why = "no title") {
  return {position, why, 1'700'000'000'000'000, "root"};
}

Quarantine list_with(std::initializer_list<events::Position> positions) {
  Quarantine list(test_log_id);
  for (auto position : positions) list.add(event_at(position));
  return list;
}

std::vector<QuarantinedEvent> events_of(const Quarantine& list) { return {list.events().begin(), list.events().end()}; }

struct Fixture {
  TemporaryDirectory directory;
  std::filesystem::path file = directory / "quarantine.json";

  void write(const std::string& text) const { std::ofstream(file, std::ios::binary) << text; }
  auto read() const { return Quarantine::read(file, test_log_id); }
  // The list as JSON with one event, whose members are given.
  static std::string with_event(const std::string& members) {
    return R"({"logId":")" + test_log_id + R"(","events":[{)" + members + "}]}";
  }
};

constexpr const char* sound = R"("position":5,"why":"w","when":"2026-11-01T00:00:00Z","who":"root")";

}  // namespace

BOOST_FIXTURE_TEST_SUITE(quarantine, Fixture)

BOOST_AUTO_TEST_CASE(no_file_is_an_empty_list) { BOOST_TEST(Quarantine::load(file, test_log_id).empty()); }

BOOST_AUTO_TEST_CASE(a_link_that_leads_nowhere_is_no_empty_list) {
  std::filesystem::create_symlink(directory / "elsewhere.json", file);
  BOOST_TEST(!read());
}

BOOST_AUTO_TEST_CASE(what_is_saved_is_read) {
  Quarantine list(test_log_id);
  list.add(event_at(9, "a \"quoted\" \\ reason, \xc3\xa9t\xc3\xa9"));
  list.add(event_at(INT64_MAX));
  list.add(event_at(2));
  list.save(file);
  const Quarantine read = Quarantine::load(file, test_log_id);
  BOOST_TEST((events_of(read) == events_of(list)));
  BOOST_TEST(read.events().front().position == 2u);
  BOOST_TEST(read.find(9)->why == list.find(9)->why);
  BOOST_TEST(!read.find(3));
  list.remove(9);
  list.save(file);
  BOOST_TEST(!Quarantine::load(file, test_log_id).find(9));
  BOOST_TEST(!list.remove(9));
}

BOOST_AUTO_TEST_CASE(another_logs_list_is_refused) {
  list_with({5}).save(file);
  const auto read = Quarantine::read(file, "another");
  BOOST_TEST_REQUIRE(!read);
  for (const std::string& part : {file.string(), test_log_id, std::string("another")})
    BOOST_TEST((read.error().find(part) != std::string::npos), read.error());
  BOOST_CHECK_EXCEPTION(Quarantine::load(file, "another"), events::Failure,
                        [](const events::Failure& failure) { return failure.code() == events::Exit::damaged; });
}

BOOST_AUTO_TEST_CASE(a_list_that_is_not_exactly_right_is_refused_and_named) {
  write(with_event(sound));
  BOOST_TEST(read().has_value());
  const std::string id = R"({"logId":")" + test_log_id + "\"";
  for (const std::string& text : std::vector<std::string>{
           "",
           " ",
           "null",
           "[]",
           "{}",
           "\xff",
           std::string(100, '\0'),
           std::string(5000, '['),
           id + "}",
           id + R"(,"events":{}})",
           id + R"(,"events":[5]})",
           id + R"(,"events":[],"more":1})",
           id + R"(,"events":[],"events":[]})",
           id + R"(,"events":[]} {})",
           R"({"logId":7,"events":[]})",
           with_event(R"("position":5,"why":"w","when":"2026-11-01T00:00:00Z")"),
           with_event(R"("position":0,"why":"w","when":"2026-11-01T00:00:00Z","who":"r")"),
           with_event(R"("position":-5,"why":"w","when":"2026-11-01T00:00:00Z","who":"r")"),
           with_event(R"("position":5.0,"why":"w","when":"2026-11-01T00:00:00Z","who":"r")"),
           with_event(R"("position":"5","why":"w","when":"2026-11-01T00:00:00Z","who":"r")"),
           with_event(R"("position":9223372036854775808,"why":"w","when":"2026-11-01T00:00:00Z","who":"r")"),
           with_event(R"("position":5,"why":" ","when":"2026-11-01T00:00:00Z","who":"r")"),
           with_event(R"("position":5,"why":"w","when":"yesterday","who":"r")"),
           with_event(R"("position":5,"position":6,"when":"2026-11-01T00:00:00Z","who":"r")"),
           with_event(std::string(sound) + R"(,"until":5)"),
           with_event(std::string(sound) + "},{" + sound)}) {
    write(text);
    BOOST_TEST_CONTEXT(text) {
      BOOST_TEST(!read());
      BOOST_TEST((read().error().find(file.string()) == 0));
    }
  }
}

// An older release let them in, and a projector must not stand still for that.
BOOST_AUTO_TEST_CASE(what_drives_a_terminal_is_read_as_a_space_and_not_taken_anew) {
  const std::string why = "no \xe2\x80\xaetitle\xc2\x9b, \x1b[31m\nby hand";
  write(with_event(R"("position":5,"why":"no \u202etitle\u009b, \u001b[31m\nby hand",)"
                   R"("when":"2026-11-01T00:00:00Z","who":"a\u2067b")"));
  BOOST_TEST_REQUIRE(read().has_value(), read().error());
  const QuarantinedEvent event = read()->events().front();
  BOOST_TEST(event.why == "no  title ,  [31m by hand");
  BOOST_TEST(event.who == "a b");
  BOOST_TEST(list_with({}).objection(event).empty());
  BOOST_TEST(!list_with({}).objection(event_at(5, why)).empty());
  write(with_event(R"("position":5,"why":"\u001b\n","when":"2026-11-01T00:00:00Z","who":"a")"));
  BOOST_TEST(read().value().events().front().why == "(nothing that can be read)");
}

BOOST_AUTO_TEST_CASE(a_list_that_is_cut_is_refused_wherever_it_is_cut) {
  list_with({3, 7}).save(file);
  const std::string whole = read_text(file);
  for (size_t length = 0; length + 1 < whole.size(); ++length) {  // the last line's end may be missing
    write(whole.substr(0, length));
    BOOST_TEST(!read(), length);
  }
}

// Nobody may ever write into one: a list that is waited for holds up the daemon, and its stop.
BOOST_AUTO_TEST_CASE(a_fifo_is_refused_at_once) {
  BOOST_TEST_REQUIRE(::mkfifo(file.c_str(), 0600) == 0);
  BOOST_TEST_REQUIRE(!read());
  BOOST_TEST((read().error().find("no regular file") != std::string::npos), read().error());
}

BOOST_AUTO_TEST_CASE(a_list_that_cannot_be_opened_says_why) {
  std::filesystem::create_symlink(file.filename(), file);
  BOOST_TEST_REQUIRE(!read());
  BOOST_TEST((read().error().find("no regular file") != std::string::npos), read().error());
}

BOOST_AUTO_TEST_CASE(a_list_that_is_too_long_is_refused) {
  write(with_event(sound) + std::string(size_t{33} << 20, ' '));
  BOOST_TEST_REQUIRE(!read());
  BOOST_TEST((read().error().find("longer than") != std::string::npos));
}

BOOST_AUTO_TEST_CASE(changed_bytes_are_refused_or_read_as_what_they_say) {
  list_with({3, 7}).save(file);
  const std::string whole = read_text(file);
  Chance chance;
  BOOST_TEST_MESSAGE("seed " << chance.seed());
  for (int round = 0; round < 2'000; ++round) {
    write(with_changed_bytes(whole, chance));
    const auto list = read();
    if (!list) continue;
    list->save(file);
    BOOST_TEST((events_of(*read()) == events_of(*list)));
  }
}

BOOST_AUTO_TEST_CASE(what_must_not_be_on_the_list) {
  const Quarantine list = list_with({5});
  BOOST_TEST(list.objection(event_at(6)).empty());
  BOOST_TEST(list.objection(event_at(6, std::string(projector::max_why_bytes, 'w'))).empty());
  for (const QuarantinedEvent& event :
       {event_at(0), event_at(UINT64_MAX), event_at(5), event_at(6, ""), event_at(6, "  "), event_at(6, "two\nlines"),
        event_at(6, "\xff"), event_at(6, std::string(projector::max_why_bytes + 1, 'w'))})
    BOOST_TEST(!list.objection(event).empty());
}

BOOST_AUTO_TEST_CASE(a_list_has_a_limit) {
  Quarantine list(test_log_id);
  for (events::Position position = 1; position <= projector::max_quarantined_events; ++position)
    list.add(event_at(position, std::string(projector::max_why_bytes, '"')));
  BOOST_TEST(!list.objection(event_at(projector::max_quarantined_events + 1)).empty());
  list.save(file);  // the longest list can be read again
  BOOST_TEST(read()->events().size() == projector::max_quarantined_events);
}

BOOST_AUTO_TEST_CASE(a_kill_while_it_is_saved_leaves_one_of_the_two) {
  Chance chance;
  BOOST_TEST_MESSAGE("seed " << chance.seed());
  const Quarantine one = list_with({1}), other = list_with({2, 3, 4, 5, 6, 7, 8, 9});
  one.save(file);
  for (int round = 0; round < 20; ++round) {
    ChildProcess writer([&](const ChildProcess::Line& line) -> int {
      for (;;) {
        one.save(file);
        other.save(file);
        line.tell();
      }
    });
    for (uint64_t saves = 1 + chance.up_to(19); saves > 0; --saves) writer.line().hear();
    writer.kill();
    const auto found = read();
    BOOST_TEST_REQUIRE(found.has_value());
    BOOST_TEST((events_of(*found) == events_of(one) || events_of(*found) == events_of(other)));
  }
}

BOOST_AUTO_TEST_CASE(a_list_that_cannot_be_written_whole_leaves_the_old_one) {
  const Quarantine old = list_with({1});
  old.save(file);
  ChildProcess writer([&](const ChildProcess::Line&) {
    const rlimit limit{.rlim_cur = 100, .rlim_max = 100};
    ::signal(SIGXFSZ, SIG_IGN);
    if (::setrlimit(RLIMIT_FSIZE, &limit) != 0) return 1;
    list_with({2, 3, 4, 5}).save(file);
    return 0;
  });
  BOOST_TEST(writer.wait() == 99);  // it threw
  BOOST_TEST((events_of(*read()) == events_of(old)));
  list_with({2}).save(file);  // what was left in the way does not disturb
  BOOST_TEST(read()->find(2));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE_END()
