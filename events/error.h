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

// Thrown by a write for which the file system, or LMDB's map, has no space left. Nothing of that write is there. It
// ends no process: the writer goes on, and its next write may succeed.
class StorageFull : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// The exception that is being handled, to be thrown again in another thread. A kj::Exception must not die in another
// thread than the one that threw it, for that ends the process: it comes as a Failure(damaged).
std::exception_ptr current_failure();

// A bug: prints the place and aborts, in every build.
[[noreturn]] void fail_check(const char* condition, const char* file, int line);

}  // namespace catlog::events

#define CATLOG_CHECK(condition) ((condition) ? void(0) : ::catlog::events::fail_check(#condition, __FILE__, __LINE__))
