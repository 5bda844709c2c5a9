#pragma once
#include <sys/types.h>

#include <cstddef>
#include <expected>
#include <filesystem>
#include <string>

namespace catlog::store {

// Files of ours: in a data directory, its run/, readmodel/, as-of/ and keys/, in a backup. Whoever may write there
// could put something else in their place, and root may be the one who opens them. So each is opened here: in its
// directory, never through a symbolic link, never waiting (for the other end of a FIFO), and only when it is a regular
// file. Its mode decides who may open it. A directory may be reached through a link that belongs to root, to the user
// who runs this, or to the directory's owner. In another user's directory root writes to no file that has another name
// too (LMDB's and SQLite's own files apart, which those open): that may be a file of anybody's.
//
// What root makes belongs to the owner of the directory that it is in, or is not made. Nothing is anything to others,
// whatever the umask. A file is as open to the group as its directory: it gets the directory's group; where that one is
// closed to others and open to its group, the group may what the file's mode says, whatever the umask; where it
// is closed to its group, or belongs to a group that this user is no member of, the group may nothing. So who may read
// a data directory is said once, by the group and modes of its folders, to every program that makes something in it.

// Modes of what only its owner may read, and of what the directory's group may read too.
constexpr mode_t private_file = 0600, private_directory = 0700;
constexpr mode_t shared_file = 0640, shared_directory = 0750;

enum class Opening {
  read,
  update,  // to read and write; made when missing
  fresh,   // to write; what has the name is removed before
};

// Why a file of ours cannot be opened: errno (ENOENT: it is not there), and a sentence with its name.
struct NotOpened {
  int error = 0;
  std::string sentence;
};

// A descriptor that is closed with this object.
class OwnFile {
 public:
  // `mode` is of a file that is made; the process's umask counts, as is said above.
  static std::expected<OwnFile, NotOpened> open(const std::filesystem::path& path, Opening opening,
                                                mode_t mode = private_file);
  OwnFile(OwnFile&& from) noexcept;
  OwnFile& operator=(OwnFile&& from) noexcept;
  ~OwnFile();
  int fd() const { return fd_; }
  void close();
  // From its beginning to its end.
  std::expected<std::string, NotOpened> read_all(size_t max_bytes) const;

 private:
  OwnFile(std::filesystem::path path, int fd) : path_(std::move(path)), fd_(fd) {}
  std::filesystem::path path_;
  int fd_ = -1;
};

// The whole of a file of ours.
std::expected<std::string, NotOpened> read_own_file(const std::filesystem::path& path, size_t max_bytes);

// For files that a library opens by their name: whether there is one. Throws Failure(failure) when it is none of ours.
bool has_own_file(const std::filesystem::path& path);
// The same, and makes an empty one when there is none (StorageFull: no space for its name). One that is there is not
// opened: closing it would end the locks that this process has on it.
void make_own_file(const std::filesystem::path& path, mode_t mode);

// For what was made just now in another way (a file, a directory, a link): gives it to its directory's owner when this
// process is root's, which throws Failure(failure) when it cannot be, and to its group. A directory keeps its own group
// when this user is no member of that one.
void give_to_owner(const std::filesystem::path& path);

// Lets the directory's group read a file that was private so far, where it may enter the directory. Throws
// Failure(failure).
void open_to_group(const std::filesystem::path& path);

}  // namespace catlog::store
