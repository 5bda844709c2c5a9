// The targets behind libFuzzer's interface, one of them in a process:
//   catlog-fuzz --kind=magnet [-max_total_time=60 ...] [CORPUS...]     libFuzzer's own options, or files to be tried
//   catlog-fuzz --kinds                                               what kinds there are

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "tests/fuzz/targets/target.h"

namespace {

using catlog::tests::Target;

[[noreturn]] void show_kinds_and_exit(int code) {
  for (const Target& target : catlog::tests::targets())
    std::printf("%.*s\n", static_cast<int>(target.kind.size()), target.kind.data());
  std::exit(code);
}

const Target& named(std::string_view kind) {
  for (const Target& target : catlog::tests::targets())
    if (target.kind == kind) return target;
  show_kinds_and_exit(2);
}

// The one that this process is for: `kind` counts the first time.
const Target& chosen(std::string_view kind = {}) {
  static const Target& target = named(kind);
  return target;
}

}  // namespace

// libFuzzer knows no option that begins with two dashes. The limits stand before those that were given, which win.
extern "C" int LLVMFuzzerInitialize(int* count, char*** arguments) {
  constexpr std::string_view option = "--kind=";
  const std::vector<std::string_view> given(*arguments, *arguments + *count);
  if (std::ranges::find(given, "--kinds") != given.end()) show_kinds_and_exit(0);
  const auto kind = std::ranges::find_if(given, [&](auto word) { return word.starts_with(option); });
  const Target& target = chosen(kind == given.end() ? "" : kind->substr(option.size()));
  if (target.prepare) target.prepare();
  static std::vector<std::string> words = {"-max_len=" + std::to_string(target.max_bytes), "-timeout=10",
                                           "-rss_limit_mb=1024", "-malloc_limit_mb=256"};
  static std::vector<char*> all(*arguments, *arguments + *count);
  for (auto word = words.rbegin(); word != words.rend(); ++word) all.insert(all.begin() + 1, word->data());
  *count = static_cast<int>(all.size());
  all.push_back(nullptr);
  *arguments = all.data();
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  chosen().try_input({data, size});
  return 0;
}
