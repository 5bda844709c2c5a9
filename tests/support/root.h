#pragma once
#include <unistd.h>

#include <boost/test/unit_test.hpp>

namespace catlog::tests {

// Only root can be other users, and give files to them; a test that needs it returns without, which this says.
inline bool is_root() {
  if (::geteuid() == 0) return true;
  BOOST_TEST_MESSAGE("not tried: it needs root");
  return false;
}

}  // namespace catlog::tests
