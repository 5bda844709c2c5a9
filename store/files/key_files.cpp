#include "store/files/key_files.h"

#include <fmt/format.h>

#include <string>

#include "events/error.h"
#include "store/files/durable_file.h"

namespace catlog::store {

namespace fs = std::filesystem;
using events::Exit;
using events::Failure;

namespace {

// Whether another file of the same name may take a copy's place: a torrent's name is of what it describes, not of its
// trackers.
enum class Copies { stay, follow };

struct Kind {
  const char* extension;
  const char* word;
  size_t max_bytes;
  mode_t file, directory;
  Copies copies;
  const char* none_beside = nullptr;  // the extension of what says that such a file is none any more
};
constexpr Kind signs{".destroyed", "sign of a destroyed key", 4096, private_file, private_directory, Copies::stay};
constexpr Kind keys{".key", "key", 4096, private_file, private_directory, Copies::stay, signs.extension};
constexpr Kind torrents{".torrent", "torrent", size_t{8} << 20, shared_file, shared_directory, Copies::follow};

std::string read_whole(const Kind& kind, const fs::path& path) {
  auto bytes = read_own_file(path, kind.max_bytes);
  if (!bytes) throw Failure(Exit::failure, bytes.error().sentence);
  return *std::move(bytes);
}

bool is_of(const Kind& kind, const fs::directory_entry& entry) {
  if (entry.path().extension() != kind.extension) return false;
  if (!fs::is_regular_file(entry.symlink_status()))
    throw Failure(Exit::failure, fmt::format("{} is called as a {} and is no regular file, so it is not followed: put "
                                             "the {} itself there, or remove it",
                                             entry.path().string(), kind.word, kind.word));
  return true;
}

void copy_one(const Kind& kind, const fs::path& from, const fs::path& to) {
  const std::string bytes = read_whole(kind, from);
  const bool is_there = fs::exists(fs::symlink_status(to));
  if (is_there && read_whole(kind, to) == bytes) return;
  if (!is_there || kind.copies == Copies::follow) {
    write_durably(to, bytes, kind.file);
    if (read_whole(kind, to) != bytes)
      throw Failure(Exit::damaged,
                    fmt::format("{} reads back otherwise than it was written: look at the disk", to.string()));
  } else {
    throw Failure(Exit::usage, fmt::format("{} and {} differ, and a {} never changes: look which of the two is right",
                                           from.string(), to.string(), kind.word));
  }
}

bool is_none(const Kind& kind, fs::path file) {
  return kind.none_beside && fs::exists(fs::symlink_status(file.replace_extension(kind.none_beside)));
}

void require_any(const Kind& kind, const fs::path& from) {
  if (!fs::is_directory(from))
    throw Failure(Exit::usage, fmt::format("there are no {}s in {}", kind.word, from.string()));
}

size_t copy_all(const Kind& kind, const fs::path& from, const fs::path& to) {
  make_directories(to, kind.directory);
  size_t count = 0;
  for (const auto& entry : fs::directory_iterator(from)) {
    if (!is_of(kind, entry)) continue;
    const fs::path copy = to / entry.path().filename();
    if (is_none(kind, copy)) continue;
    copy_one(kind, entry.path(), copy);
    ++count;
  }
  return count;
}

}  // namespace

// The signs first: what both folders say is there then.
size_t copy_keys(const fs::path& from, const fs::path& to) {
  require_any(keys, from);
  copy_all(signs, from, to);
  return copy_all(keys, from, to);
}

size_t copy_torrents(const fs::path& from, const fs::path& to) {
  require_any(torrents, from);
  return copy_all(torrents, from, to);
}

}  // namespace catlog::store
