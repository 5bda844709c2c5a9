#include "bin/service/program.h"

#include <signal.h>

#include <csignal>
#include <exception>
#include <filesystem>
#include <iostream>
#include <new>
#include <system_error>

#include <kj/exception.h>

#include "bin/file_words.h"
#include "bin/last_words.h"
#include "bin/service/daemon_log.h"
#include "bin/standard_streams.h"
#include "events/error.h"

namespace catlog {

using events::Exit;

namespace {

int fail(Exit code, const char* what) {
  daemon_log::error(what);
  return static_cast<int>(code);
}

}  // namespace

bool is_told_to_end() {
  sigset_t pending;
  return ::sigpending(&pending) == 0 && (::sigismember(&pending, SIGTERM) == 1 || ::sigismember(&pending, SIGINT) == 1);
}

int run_program(const char* name, const std::function<std::optional<int>()>& read_options,
                const std::function<void()>& run) {
  open_standard_streams();
  close_to_others();
  tell_last_words(name);
  daemon_log::begin();
  std::signal(SIGPIPE, SIG_IGN);  // whoever read its log may end without it
  if (const auto answer = read_options()) {
    if (!std::cout.flush() && *answer == 0) return fail(Exit::failure, "cannot write to the standard output");
    return *answer;
  }
  try {
    run();
  } catch (const events::Failure& failure) {
    return fail(failure.code(), failure.what());
  } catch (const kj::Exception& exception) {
    return fail(Exit::damaged, exception.getDescription().cStr());
  } catch (const std::filesystem::filesystem_error& error) {
    return fail(Exit::failure, words_of(error).c_str());
  } catch (const std::system_error& error) {
    // What begins a thread says no more than errno's words.
    if (error.code() != std::errc::resource_unavailable_try_again) return fail(Exit::failure, error.what());
    return fail(Exit::failure,
                "a thread could not be begun, for want of memory or by a limit on it (ulimit -u and -v, TasksMax)");
  } catch (const std::bad_alloc&) {
    return fail(Exit::failure, "memory could not be had: it is used up, or limited too far (ulimit -v, MemoryMax)");
  } catch (const std::exception& exception) {
    return fail(Exit::failure, exception.what());
  }
  return 0;
}

}  // namespace catlog
