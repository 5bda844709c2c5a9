#pragma once
#include <exception>
#include <stdexcept>
#include <string>

namespace catlog::events {

// The process's exit codes; ops/RUNBOOK.md says what to do about each.
enum class Exit {
  ok = 0,
  refused = 1,      // a refusal or a difference
  usage = 2,        // wrong use
  held = 3,         // another process holds the role or the directory
  failure = 4,      // disk, permission, a bug in the environment
  damaged = 5,      // the log, the state or the read model does not hold what it must
  unreachable = 6,  // the daemon does not answer
  unapplied = 7,    // an event that the projector cannot apply
};

// A failure that ends the process: thrown, logged once in main, which exits with the code.
class Failure : public std::runtime_error {
 public:
  Failure(Exit code, const std::string& what) : std::runtime_error(what), code_(code) {}
  Exit code() const { return code_; }

 private:
  Exit code_;
};

// Thrown by a write when the file system or the map has no room. Nothing of that write is there, and it ends no
// process: whoever wrote goes on, and the next one may succeed.
class StorageFull : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// The exception that is being handled, to be thrown again in another thread. A kj::Exception ends the process when it
// dies in another thread than it was thrown in: such a one has become a Failure(damaged).
std::exception_ptr current_failure();

// A bug: prints the place and aborts, in every build.
[[noreturn]] void fail_check(const char* condition, const char* file, int line);

}  // namespace catlog::events

#define CATLOG_CHECK(condition) ((condition) ? void(0) : ::catlog::events::fail_check(#condition, __FILE__, __LINE__))
