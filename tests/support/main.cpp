#include <boost/test/unit_test.hpp>

#include "tests/support/suite.h"

namespace {

using namespace boost::unit_test;

// The suites are there before main, which adds none.
bool no_more_suites() { return true; }

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

int main(int argc, char** argv) { return unit_test_main(&no_more_suites, argc, argv); }
