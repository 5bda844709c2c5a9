#include "bin/cli/failures.h"

#include <exception>
#include <filesystem>
#include <iostream>
#include <string_view>

#include <fmt/core.h>
#include <kj/exception.h>

#include "bin/cli/output.h"
#include "bin/file_words.h"
#include "events/error.h"

namespace catlog::cli {

using events::Exit;
using events::Failure;

namespace {

Exit told(Exit code, std::string_view what) {
  std::cout.flush();  // what was answered stands before the failure
  tell("catlog: {}\n", what);
  return code;
}

}  // namespace

Exit exit_code_of(const std::function<Exit()>& work) {
  try {
    const Exit code = work();
    // Who ends with a failure has said which.
    if (!std::cout.flush() && code != Exit::failure)
      throw Failure(Exit::failure, "cannot write to the standard output");
    return code;
  } catch (const Failure& failure) {
    return told(failure.code(), failure.what());
  } catch (const events::StorageFull& full) {
    return told(Exit::failure, fmt::format("there is no space left on the disk: {}", full.what()));
  } catch (const kj::Exception& failure) {  // it is a std::exception too when it is thrown by the library
    return told(Exit::damaged, failure.getDescription().cStr());
  } catch (const std::filesystem::filesystem_error& failure) {
    return told(Exit::failure, words_of(failure));
  } catch (const std::exception& failure) {
    return told(Exit::failure, failure.what());
  }
}

}  // namespace catlog::cli
