#include <boost/test/unit_test.hpp>

#include "projector/printable.h"

namespace {

using catlog::projector::printable;

// A genre's name once coloured the terminal of whoever asked for its history.
BOOST_AUTO_TEST_CASE(control_characters_do_not_reach_a_terminal) {
  BOOST_TEST(printable("\x1b[31mRED\x1b]0;pwn\x07") == " [31mRED ]0;pwn ");
  BOOST_TEST(printable("a\xc2\x9b"
                       "31mb\x7f\n") == "a 31mb  ");
  BOOST_TEST(printable("caf\xc3\xa9 \xf0\x9f\x98\x80 \xc2\xa0\xc2") == "caf\xc3\xa9 \xf0\x9f\x98\x80 \xc2\xa0\xc2");
}

}  // namespace
