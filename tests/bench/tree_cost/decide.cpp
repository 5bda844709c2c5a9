// Decides and appends in a new directory what the in-process figure does, and prints the seconds that it took.
// Linked twice: with the log as it is, and with without_tree.cpp.
#include <charconv>
#include <cstring>

#include <fmt/format.h>

#include "events/error.h"
#include "tests/bench/in_process.h"

namespace {

using namespace catlog::bench;

size_t number(const char* text) {
  size_t value = 0;
  std::from_chars(text, text + std::strlen(text), value);
  return value;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    fmt::print(stderr, "usage: {} NEW_DIRECTORY EXISTING_TITLES COMMANDS\n", argv[0]);
    return static_cast<int>(catlog::events::Exit::usage);
  }
  const size_t existing = number(argv[2]), decided = number(argv[3]);
  try {
    const Interrupt interrupt;
    InProcess writer(argv[1]);
    Workload workload(2);
    writer.run(workload.catalogue(Encoding::capnp, existing), interrupt);
    fmt::print("{}\n", writer.run(workload.changes(Encoding::capnp, decided, existing), interrupt));
  } catch (const std::exception& failure) {
    fmt::print(stderr, "{}\n", failure.what());
    return static_cast<int>(catlog::events::Exit::failure);
  }
  return 0;
}
