#include <boost/test/unit_test.hpp>

namespace {

// The suites are there before main, which adds none.
bool no_more_suites() { return true; }

}  // namespace

int main(int argc, char** argv) { return boost::unit_test::unit_test_main(&no_more_suites, argc, argv); }
