#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace catlog::torrent {

constexpr uint64_t max_look_bytes = 64 << 20;  // of what is said of one transfer's files

// A transfer's directory, DIR/transfers/HASH.
struct Home {
  std::filesystem::path root;
  std::filesystem::path files() const { return root / "files"; }
  std::filesystem::path resume() const { return root / "resume"; }
  std::filesystem::path whole() const { return root / "whole"; }
  std::filesystem::path open() const { return root / "open"; }  // there: it was not left cleanly
};

// Makes it where it is missing. A sentence, when it cannot be made or is none of ours: a symbolic link, a file.
std::optional<std::string> make_home(const Home& home);
// A sentence about the first thing beneath files() that is neither a directory nor a plain file with one name; nothing:
// there is none. No link is followed.
std::optional<std::string> foreign_in(const Home& home);
// Size and times of each file beneath files(), a line each, sorted: equal texts, equal files.
std::string look_of(const Home& home);
// A file beneath files(), and how long it is.
struct TreeFile {
  std::string path;
  uint64_t bytes = 0;
};
// The first of these that is not there, or shorter; and the first that has holes, where nothing was written. Empty:
// none. No link is followed.
struct Lacking {
  std::string missing, holed;
};
Lacking lacking_in(const Home& home, const std::vector<TreeFile>& files);
// Removes all of it; no link is followed. A sentence, when something stays.
std::optional<std::string> remove_home(const Home& home);

// The whole of a file, not through a link; nothing when it is not there, or larger.
std::optional<std::string> read_whole(const std::filesystem::path& file, uint64_t max_bytes);
// Appears under its name whole, and on the disk. Throws StorageFull, Failure(failure).
void write_whole(const std::filesystem::path& file, std::string_view bytes);

}  // namespace catlog::torrent
