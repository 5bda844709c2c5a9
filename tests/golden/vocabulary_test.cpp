#include <boost/test/unit_test.hpp>

#include <fstream>
#include <sstream>

#include "events/export/python.h"
#include "events/export/typescript.h"

BOOST_AUTO_TEST_SUITE(vocabulary_test)

// What is written from the declaration and kept in the repository, for a package needs it without a catlog.

using namespace catlog;

namespace {

void check_kept(const std::string& path, const char* option, const std::string& now) {
  std::ostringstream kept;
  kept << std::ifstream(std::string(CATLOG_SOURCE) + "/" + path).rdbuf();
  BOOST_TEST((kept.str() == now), path << " is of another declaration; write it anew: build/release/bin/catlog schema "
                                       << option << " > " << path);
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_clients_types_are_those_of_the_declaration) {
  check_kept("events/clients/typescript/src/vocabulary.ts", "--typescript", events::typescript());
  check_kept("events/clients/python/catlog_client/vocabulary.py", "--python", events::python());
}

BOOST_AUTO_TEST_SUITE_END()
