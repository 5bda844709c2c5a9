#include <boost/test/unit_test.hpp>

#include <cstdlib>

#include "tests/support/suite.h"

namespace {

using namespace boost::unit_test;

// The suites are there before main, which adds none.
bool no_more_suites() { return true; }

// How many cases a property tries, unless RC_PARAMS says it.
void set_cases() {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  constexpr auto short_form = "max_success=20";
#else
  constexpr auto short_form = "max_success=40";
#endif
  ::setenv("RC_PARAMS", std::getenv("CATLOG_SOAK") ? "max_success=300" : short_form, 0);
}

}  // namespace

namespace catlog::tests {

SuiteOfFile::SuiteOfFile(std::string_view source) {
  source.remove_prefix(source.rfind('/') + 1);
  const std::string name(source.substr(0, source.rfind("_test.cpp")));
  auto& all = framework::master_test_suite();
  while (&framework::current_auto_test_suite() != &all) framework::current_auto_test_suite(nullptr, false);
  auto* suite = new test_suite(name, const_string(source.data(), source.size()), 1);
  all.add(suite);
  framework::current_auto_test_suite(suite);
}

}  // namespace catlog::tests

int main(int argc, char** argv) {
  set_cases();
  return unit_test_main(&no_more_suites, argc, argv);
}
