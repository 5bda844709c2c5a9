#include "events/schema/vocabulary.h"

#include <boost/test/unit_test.hpp>

#include "store/records.h"
#include "tests/support/temporary_directory.h"

BOOST_AUTO_TEST_SUITE(records_test)

namespace {

using namespace catlog;

// Reading from 0 up to 0 once went round for ever: `catlog status` hung on an empty log.
BOOST_AUTO_TEST_CASE(an_empty_log_is_read_to_its_end) {
  tests::TemporaryDirectory directory;
  auto log = store::Log::open(directory / "log", store::Access::write);
  int visited = 0;
  for (events::Position up_to : {0u, 1u, 100u})
    for (events::Position from : {0u, 1u})
      store::for_each_record(log, from, up_to, [&](events::schema::Record::Reader) { return ++visited > 0; });
  BOOST_TEST(visited == 0);
}

}  // namespace

BOOST_AUTO_TEST_SUITE_END()
