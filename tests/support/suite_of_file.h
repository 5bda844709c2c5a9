#pragma once
#include "tests/support/suite.h"

// The compiler puts this header before every tests/<label>/<name>_test.cpp (tests/CMakeLists.txt): the cases of each
// file are the suite <name> of the label's executable, whatever the file says.

namespace {

const catlog::tests::SuiteOfFile suite_of_this_file(__BASE_FILE__);

}  // namespace
