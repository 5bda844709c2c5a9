#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bin/torrent/engine/pieces.h"

namespace catlog::torrent {

// A transfer's files, for those who read them while it loads. Threads: any.
class Film {
 public:
  struct File {
    std::string path;  // beneath the transfer's directory of files
    Place place;
  };
  virtual ~Film() = default;

  const std::string& hash() const { return hash_; }
  // By its path; the main one for an empty path; null: there is none of this name.
  const File* file(std::string_view path) const;

  // What is there of the file from this byte on, at most so much: pieces that were hashed and written only, from a file
  // that is reached through no link. 0: nothing yet. Nothing: nothing more will be.
  std::optional<size_t> read(const File& file, int64_t from, std::span<char> into) const;

  // Somebody reads on from this byte: what comes next is asked for before anything else, as long as he does.
  virtual void come(uint64_t reader, const File& file, int64_t at) = 0;
  virtual void leave(uint64_t reader) = 0;
  // The transfer is not at work any more: nothing more can be read through this object.
  virtual void end() {}

 protected:
  Film(std::string hash, std::filesystem::path directory, std::vector<File> files, size_t main_file);
  const std::vector<File>& files() const { return files_; }
  size_t main_file() const { return main_file_; }

 private:
  // How many of these bytes are there from the first one on without a gap; nothing: that cannot be said any more.
  virtual std::optional<int64_t> readable(const File& file, int64_t from, int64_t most) const = 0;

  std::string hash_;
  std::filesystem::path directory_;
  std::vector<File> files_;
  size_t main_file_;
};

// Those that can be read: transfers that load or are given to others, and what is whole on the disk. Threads: any.
class Films {
 public:
  using OnDisk = std::function<std::shared_ptr<Film>(const std::string& hash)>;
  // `on_disk`: finds what is whole and not at work, or null; called in any thread.
  explicit Films(OnDisk on_disk) : on_disk_(std::move(on_disk)) {}
  // Null: there is none of this hash, or it does not load now.
  std::shared_ptr<Film> find(const std::string& hash) const;
  // Which of them are at work, by their hashes.
  void set(std::map<std::string, std::shared_ptr<Film>> at_work);

 private:
  OnDisk on_disk_;
  mutable std::mutex mutex_;
  std::map<std::string, std::shared_ptr<Film>> at_work_;
};

}  // namespace catlog::torrent
