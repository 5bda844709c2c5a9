#pragma once
#include <string_view>

#include <boost/make_shared.hpp>
#include <boost/test/unit_test.hpp>

namespace catlog::tests {

// Opens the suite that a source's path names; the cases registered from then on are in it, until another is opened.
class SuiteOfFile {
 public:
  explicit SuiteOfFile(std::string_view source);
};

// Declared in a file as `const OfSuite<Fixture> name;`: a Fixture lives while the suite of that file runs.
template <typename Fixture>
class OfSuite {
 public:
  OfSuite() {
    boost::unit_test::framework::current_auto_test_suite().p_fixtures.value.push_back(
        boost::make_shared<boost::unit_test::class_based_fixture<Fixture>>());
  }
};

}  // namespace catlog::tests
