#include "projector/quarantine/quarantine.h"

#include <algorithm>

#include "tests/fuzz/targets/target.h"

namespace catlog::tests {

// What is taken is written as it was read; what is not is said.
void try_quarantine(Input input) {
  const std::string log_id = "11111111-2222-4333-8444-555555555555";
  const auto file = scratch() / "quarantine.json";
  write_file(file, text_of(input));
  const auto list = projector::Quarantine::read(file, log_id);
  if (!list) return must(!list.error().empty(), "a fault has no sentence");
  list->save(file);
  const auto again = projector::Quarantine::read(file, log_id);
  must(again.has_value(), "a list cannot be read as it is written");
  must(std::ranges::equal(again->events(), list->events()), "a list is another one as it is written");
}

}  // namespace catlog::tests
