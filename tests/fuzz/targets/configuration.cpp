#include <stdio.h>  // open_memstream

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "bin/daemon/options.h"
#include "events/error.h"
#include "events/text/utf8.h"
#include "tests/fuzz/targets/target.h"

namespace catlog::tests {
namespace {

// What is written to stderr while one of these lives, but for what the sanitizers write.
class Heard {
 public:
  Heard() : before_(std::exchange(stderr, ::open_memstream(&text_, &size_))) {}
  Heard(const Heard&) = delete;
  ~Heard() {
    ::fclose(std::exchange(stderr, before_));
    std::free(text_);
  }
  std::string words() const {
    ::fflush(stderr);
    return {text_, size_};
  }

 private:
  char* text_ = nullptr;
  size_t size_ = 0;
  FILE* before_;
};

// What stands in quotes alone; nothing: the text is something else than one such line, or has a character that TOML
// knows escapes for.
std::optional<std::string_view> data_in(std::string_view text) {
  constexpr std::string_view begin = "data = \"", end = "\"\n";
  if (!text.starts_with(begin) || !text.ends_with(end) || text.size() <= begin.size() + end.size()) return {};
  const auto value = text.substr(begin.size(), text.size() - begin.size() - end.size());
  const bool is_plain =
      std::ranges::none_of(value, [](char c) { return c < ' ' || c == '"' || c == '\\' || c == 127; });
  return is_plain ? std::optional(value) : std::nullopt;
}

}  // namespace

// The daemon takes a configuration, or says in a sentence what is wrong with it and ends with 2. A text in quotes is
// taken as it stands.
void try_configuration(Input input) {
  const auto file = scratch() / "catlog.toml";
  write_file(file, text_of(input));
  std::string program = "catlogd", option = "--config", name = file.string();
  char* arguments[] = {program.data(), option.data(), name.data(), nullptr};
  Options options;
  {
    const Heard heard;
    if (const auto code = read_options(3, arguments, options)) {
      must(!data_in(text_of(input)), "a text in quotes is not taken");
      must(*code == static_cast<int>(events::Exit::usage), "a configuration ends the daemon with another code than 2");
      must(!heard.words().empty() && events::is_utf8(heard.words()), "a fault has no sentence");
      return;
    }
  }
  if (const auto data = data_in(text_of(input))) must(options.data == *data, "a text in quotes is taken otherwise");
  try {
    check(options);
  } catch (const events::Failure& failure) {
    must(failure.code() == events::Exit::usage && *failure.what() != '\0', "a wrong option is told otherwise");
  }
}

}  // namespace catlog::tests
