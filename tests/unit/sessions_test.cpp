#include "commandhandler/sessions.h"

#include <boost/test/unit_test.hpp>

#include <set>

BOOST_AUTO_TEST_SUITE(sessions_test)

using namespace catlog;
using commandhandler::Refusal;
using commandhandler::RefusalCode;
using commandhandler::Sessions;
using events::Receipt;
using events::SessionFrame;
using Place = commandhandler::Sessions::Place;

namespace {

SessionFrame::Id session(uint64_t number) {
  SessionFrame::Id id{};
  for (size_t i = 0; i < 8; ++i) id[i] = static_cast<char>(number >> 8 * i);
  return id;
}

SessionFrame message(uint64_t number, uint64_t oldest, std::vector<events::Uuid> behind = {}, uint64_t of = 1) {
  return {session(of), number, oldest, 0, std::move(behind)};
}

Receipt refused(const std::string& why) { return Receipt::refused("an id", {RefusalCode::INVALID, "", why}); }
Receipt accepted() {
  Receipt receipt;
  receipt.verdict = Receipt::Verdict::accepted;
  return receipt;
}

struct Known {
  Sessions sessions;
  std::set<events::Uuid> log;

  Place place(const SessionFrame& of) {
    return sessions.place(of, [&](events::Uuid id) { return log.contains(id); });
  }
  // As a handler does with one that is expected.
  void judge(const SessionFrame& of, const Receipt& receipt, const std::string& body = "body") {
    BOOST_TEST_REQUIRE((place(of) == Place::expected));
    sessions.judged(of, body, receipt);
  }
  std::string first(const SessionFrame& of, const std::string& body = "body") const {
    const Receipt* receipt = sessions.first_receipt(of, body);
    return receipt ? receipt->refusal.message : "none";
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(sessions, Known)

BOOST_AUTO_TEST_CASE(what_overtakes_waits_for_what_was_lost) {
  judge(message(1, 1), accepted());
  BOOST_TEST((place(message(3, 1)) == Place::ahead));
  BOOST_TEST((place(message(4, 2)) == Place::ahead));
  for (uint64_t number = 2; number <= 4; ++number) judge(message(number, 2), accepted());
  BOOST_TEST((place(message(5, 5)) == Place::expected));
}

BOOST_AUTO_TEST_CASE(a_session_that_is_not_known_begins_at_the_oldest_open_number) {
  BOOST_TEST((place(message(12, 10)) == Place::ahead));
  judge(message(10, 10), accepted());
  BOOST_TEST((place(message(10, 10)) == Place::passed));
  BOOST_TEST((place(message(9, 9)) == Place::passed));
  BOOST_TEST((place(message(1, 1, {}, 2)) == Place::expected));
}

BOOST_AUTO_TEST_CASE(a_repetition_finds_its_first_receipt_until_the_producer_has_it) {
  judge(message(1, 1), refused("the first time"));
  judge(message(2, 1), accepted());
  judge(message(3, 1), refused("the third"));
  BOOST_TEST((place(message(1, 1)) == Place::passed));
  BOOST_TEST(first(message(1, 1)) == "the first time");
  BOOST_TEST(first(message(2, 1)) == "none");  // the log has it
  BOOST_TEST(first(message(1, 1), "another's body") == "none");
  BOOST_TEST(first(message(1, 1, {}, 2)) == "none");
  BOOST_TEST((place(message(4, 3)) == Place::expected));
  BOOST_TEST(first(message(1, 1)) == "none");
  BOOST_TEST(first(message(3, 3)) == "the third");
}

// The daemon was started again: what stands before a command that the log has was judged before it.
BOOST_AUTO_TEST_CASE(ids_of_what_is_behind_tell_how_far_an_earlier_process_came) {
  log = {{7, 12}};
  BOOST_TEST((place(message(10, 10, {{7, 11}, {7, 12}, {7, 13}})) == Place::passed));
  BOOST_TEST((place(message(12, 10)) == Place::passed));
  BOOST_TEST((place(message(13, 10)) == Place::expected));
}

// ZeroMQ's own reconnecting may bring something before that.
BOOST_AUTO_TEST_CASE(ids_count_in_a_session_that_is_known_too) {
  log = {{7, 12}};
  BOOST_TEST((place(message(14, 10)) == Place::ahead));
  BOOST_TEST((place(message(10, 10, {{7, 11}, {7, 12}, {}})) == Place::passed));
  BOOST_TEST((place(message(13, 10)) == Place::expected));
}

// A program that runs again with its own ids finds those that its earlier run had accepted; what is new among them, or
// was refused, is to be judged all the same.
BOOST_AUTO_TEST_CASE(ids_do_not_count_where_it_is_known_what_was_judged) {
  judge(message(1, 1), accepted());
  log = {{7, 12}};
  BOOST_TEST((place(message(2, 2, {{7, 11}, {7, 12}})) == Place::expected));
}

BOOST_AUTO_TEST_CASE(an_id_of_zeros_is_none) {
  log = {{}};
  BOOST_TEST((place(message(10, 10, {{}, {}})) == Place::expected));
}

// Their commit found no room: the first of them is expected again, and what did not hang on it stays.
BOOST_AUTO_TEST_CASE(what_is_undone_is_expected_again) {
  judge(message(1, 1), accepted());
  judge(message(2, 1), accepted());
  judge(message(3, 1), refused("unreadable"));
  judge(message(4, 1), refused("judged upon the second"));
  sessions.undo(message(2, 1));
  sessions.undo(message(4, 1));
  BOOST_TEST((place(message(4, 1)) == Place::ahead));
  judge(message(2, 2), accepted());
  BOOST_TEST((place(message(3, 2)) == Place::passed));
  BOOST_TEST(first(message(3, 2)) == "unreadable");
  judge(message(4, 2), accepted());
}

// It has a receipt that says so, and its producer goes on without it.
BOOST_AUTO_TEST_CASE(a_number_that_is_given_up_is_passed) {
  judge(message(1, 1), accepted());
  BOOST_TEST((place(message(3, 3)) == Place::expected));
  BOOST_TEST((place(message(2, 2)) == Place::passed));
}

BOOST_AUTO_TEST_CASE(numbers_that_jump_go_forward_only) {
  BOOST_TEST((place(message(events::max_session_number, events::max_session_number)) == Place::expected));
  sessions.judged(message(events::max_session_number, events::max_session_number), "body", accepted());
  BOOST_TEST((place(message(1, 1)) == Place::passed));
  BOOST_TEST((place(message(events::max_session_number, 1)) == Place::passed));
}

BOOST_AUTO_TEST_CASE(a_million_sessions_take_bounded_memory_and_the_last_used_are_known) {
  judge(message(1, 1, {}, 0), accepted());
  for (uint64_t number = 1; number <= 1'000'000; ++number) {
    if (number % 1'000 == 0) BOOST_TEST_REQUIRE((place(message(1, 1, {}, 0)) == Place::passed));
    place(message(1, 1, {}, number));
  }
  BOOST_TEST(sessions.size() == commandhandler::max_sessions);
}

BOOST_AUTO_TEST_CASE(kept_receipts_are_bounded_for_one_session_and_for_all) {
  const std::string long_text(100'000, 'x');
  for (uint64_t number = 1; number <= 1'000; ++number) judge(message(number, 1), refused(long_text));
  BOOST_TEST(sessions.kept_bytes() <= commandhandler::max_kept_bytes_of_session);
  BOOST_TEST(first(message(1'000, 1)) == long_text);
  BOOST_TEST(first(message(1, 1)) == "none");
  for (uint64_t of = 2; of <= 2'000; ++of) judge(message(1, 1, {}, of), refused(long_text));
  BOOST_TEST(sessions.kept_bytes() <= commandhandler::max_kept_bytes_of_sessions);
  BOOST_TEST(sessions.size() < 2'000u);
  BOOST_TEST(first(message(1, 1, {}, 2'000)) == long_text);
}

BOOST_AUTO_TEST_CASE(a_frame_is_read_as_it_was_written_and_nothing_else_is_one) {
  SessionFrame frame = message(300, 200, {{1, 2}, {3, 4}});
  frame.floor = 77;
  const std::string written = events::write_session_frame(frame);
  BOOST_TEST(written.size() == 72u);
  const auto read = events::parse_session_frame(written);
  BOOST_TEST_REQUIRE(read.has_value());
  BOOST_TEST((read->id == frame.id && read->number == 300 && read->oldest == 200 && read->floor == 77 &&
              read->behind == frame.behind));
  for (size_t size = 0; size < written.size(); ++size)
    BOOST_TEST((events::parse_session_frame(written.substr(0, size)).has_value() == (size == 32 || size == 56)));
  const auto is_read = [](uint64_t number, uint64_t oldest, size_t behind) {
    return events::parse_session_frame(
               events::write_session_frame(message(number, oldest, std::vector<events::Uuid>(behind))))
        .has_value();
  };
  BOOST_TEST(is_read(events::max_session_number, 1, events::max_session_behind));
  BOOST_TEST(!is_read(1, 1, events::max_session_behind + 1));
  BOOST_TEST(!is_read(1, 2, 0));
  BOOST_TEST(!is_read(1, 0, 0));
  BOOST_TEST(!is_read(0, 0, 0));
  BOOST_TEST(!is_read(events::max_session_number + 1, 1, 0));
  BOOST_TEST(!is_read(UINT64_MAX, UINT64_MAX, 0));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE_END()
