#include <boost/test/unit_test.hpp>

#include <exception>
#include <thread>

#include <kj/debug.h>

#include "events/error.h"

BOOST_AUTO_TEST_SUITE(error_test)

using namespace catlog::events;

// A record that cannot be read, in a loop's thread, ended the process by an abort: a kj::Exception must die where it
// was thrown.
BOOST_AUTO_TEST_CASE(a_failure_to_read_survives_its_thread) {
  std::exception_ptr failure;
  std::thread([&] {
    try {
      KJ_REQUIRE(false, "a record's frame is broken");
    } catch (...) {
      failure = current_failure();
    }
  }).join();
  BOOST_CHECK_EXCEPTION(std::rethrow_exception(failure), Failure, [](const Failure& told) {
    return told.code() == Exit::damaged && std::string(told.what()).find("frame is broken") != std::string::npos;
  });
}

BOOST_AUTO_TEST_CASE(any_other_failure_stays_what_it_is) {
  std::exception_ptr failure;
  try {
    throw Failure(Exit::held, "by another");
  } catch (...) {
    failure = current_failure();
  }
  BOOST_CHECK_EXCEPTION(std::rethrow_exception(failure), Failure,
                        [](const Failure& told) { return told.code() == Exit::held; });
}

BOOST_AUTO_TEST_SUITE_END()
