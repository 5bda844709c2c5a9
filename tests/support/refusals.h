#pragma once
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "tests/support/commands.h"

namespace catlog::tests {

// A command that must be refused, and how: "code field", such as "invalid title".
struct Refused {
  std::string json;
  std::string outcome;
};

// Sends each of them and says what is not as it must be: the code, the field, a message that says what to do and
// repeats no secret, the receipt in both encodings; the log's head after each, and the tables that the log gives after
// all of them, are as before. Empty: all is well.
std::vector<std::string> complaints(WriteSide& side, const std::vector<Refused>& all);

inline void check_refused(WriteSide& side, const std::vector<Refused>& all) {
  for (const auto& complaint : complaints(side, all)) BOOST_ERROR(complaint);
  BOOST_TEST(!all.empty());
}

// One command to be tried with each of these fields in its place.
struct WrongField {
  std::string name;
  std::string raw;  // empty: the field is left out
};
// `fields` as `command` with each wrong field alone: each is `invalid` with the field's name.
std::vector<Refused> each_invalid(const Fields& fields, const std::string& command,
                                  const std::vector<WrongField>& wrong);

}  // namespace catlog::tests
