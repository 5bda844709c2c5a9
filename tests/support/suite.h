#pragma once
#include <boost/make_shared.hpp>
#include <boost/test/unit_test.hpp>

namespace catlog::tests {

// Declared in a suite as `const OfSuite<Fixture> name;`: a Fixture lives while that suite runs.
template <typename Fixture>
class OfSuite {
 public:
  OfSuite() {
    boost::unit_test::framework::current_auto_test_suite().p_fixtures.value.push_back(
        boost::make_shared<boost::unit_test::class_based_fixture<Fixture>>());
  }
};

}  // namespace catlog::tests
