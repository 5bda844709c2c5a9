#include "store/backup/manifest.h"

#include <optional>

#include <fmt/format.h>

#include "events/digest.h"
#include "events/error.h"
#include "tests/fuzz/targets/target.h"

namespace catlog::tests {
namespace {

std::optional<store::Manifest> manifest_in(const std::filesystem::path& directory) {
  try {
    return store::read_manifest(directory);
  } catch (const events::Failure& failure) {
    must(failure.code() == events::Exit::damaged && *failure.what() != '\0', "what is no manifest is told otherwise");
    return {};
  }
}

}  // namespace

// The input is the file's first line, and then the second, its digest, is put behind it; or the whole file. What is
// taken is written as it was read.
void try_manifest(Input input) {
  const auto directory = scratch() / "manifest";
  const auto file = directory / "manifest.json";
  std::filesystem::create_directories(directory);
  std::string text(text_of(input));
  if (text.find('\n') == std::string::npos) {
    text += '\n';
    text += fmt::format("{{\"sha256\":\"{}\"}}\n", events::hex(events::sha256(text)));
  }
  write_file(file, text);
  const auto manifest = manifest_in(directory);
  if (!manifest) return;
  for (const auto& segment : manifest->segments)
    must(store::is_backup_file(segment.file), "a segment has a name that no file of a backup has");
  for (const auto& kept : manifest->files)
    must(store::is_backup_file(kept.file), "a kept file has a name that no file of a backup has");
  store::write_manifest(directory, *manifest);
  const std::string written = read_file(file);
  store::write_manifest(directory, store::read_manifest(directory));
  must(read_file(file) == written, "a manifest is another one as it is written");
}

}  // namespace catlog::tests
