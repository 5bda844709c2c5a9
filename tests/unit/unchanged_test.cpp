#include "commandhandler/state/unchanged.h"

#include <boost/test/unit_test.hpp>

BOOST_AUTO_TEST_SUITE(unchanged_test)

using namespace catlog;
using namespace catlog::commandhandler;

namespace {

events::Uuid id_of(uint64_t number) { return {.high = 0x0193'6b2e'8c00'7000, .low = number}; }

}  // namespace

BOOST_AUTO_TEST_CASE(the_last_ones_are_found_and_memory_is_bounded) {
  UnchangedCommands unchanged;
  Journal journal;
  constexpr uint64_t many = 5 * remembered_unchanged;
  for (uint64_t number = 1; number <= many; ++number) {
    unchanged.make_room();
    unchanged.add(id_of(number), Entity::GENRE, static_cast<int64_t>(number), journal);
    journal.forget(journal.size());
  }
  for (uint64_t number = many - remembered_unchanged + 1; number <= many; ++number) {
    const auto found = unchanged.find(id_of(number));
    BOOST_REQUIRE(found);
    BOOST_REQUIRE(found->subject_id == static_cast<int64_t>(number));
    BOOST_REQUIRE(found->subject == Entity::GENRE);
  }
  BOOST_TEST(!unchanged.find(id_of(many - 2 * remembered_unchanged)));
  BOOST_TEST(!unchanged.find(id_of(many + 1)));
}

BOOST_AUTO_TEST_CASE(what_is_undone_was_never_there) {
  UnchangedCommands unchanged;
  Journal journal;
  unchanged.add(id_of(1), Entity::MOVIE, 7, journal);
  const size_t mark = journal.size();
  unchanged.add(id_of(1), Entity::MOVIE, 8, journal);
  unchanged.add(id_of(2), Entity::MOVIE, 9, journal);
  journal.undo(mark);
  BOOST_TEST(unchanged.find(id_of(1)).value().subject_id == 7);
  BOOST_TEST(!unchanged.find(id_of(2)));
  journal.forget(journal.size());
  // Its memory goes all the same.
  for (uint64_t number = 0; number < 3 * remembered_unchanged; ++number) {
    unchanged.make_room();
    unchanged.add(id_of(3), Entity::MOVIE, 9, journal);
    journal.undo(0);
  }
  BOOST_TEST(!unchanged.find(id_of(1)));
}

BOOST_AUTO_TEST_SUITE_END()
