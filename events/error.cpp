#include "events/error.h"

#include <cstdio>
#include <cstdlib>

namespace catlog::events {

void fail_check(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "catlog: a bug: %s does not hold at %s:%d\n", condition, file, line);
  std::abort();
}

}  // namespace catlog::events
