#include "events/error.h"

#include <cstdio>
#include <cstdlib>

#include <kj/exception.h>

namespace catlog::events {

std::exception_ptr current_failure() {
  try {
    throw;
  } catch (const kj::Exception& exception) {
    return std::make_exception_ptr(Failure(Exit::damaged, exception.getDescription().cStr()));
  } catch (...) {
    return std::current_exception();
  }
}

void fail_check(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "catlog: a bug: %s does not hold at %s:%d\n", condition, file, line);
  std::abort();
}

}  // namespace catlog::events
