#include "tests/support/disk/sqlite_calls.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <thread>

namespace catlog::tests::disk {
namespace {

// SQLite's functions take no argument of ours. Only the thread that asked is struck and counted: how it meets another
// one differs from run to run, and a call is repeated by its number.
struct {
  std::thread::id thread;
  size_t n = 0, calls = 0;
  int error = 0;
  SqliteCalls::Extent extent = SqliteCalls::Extent::once;
  std::atomic<bool> is_armed = false;
  std::string struck;
} state;

bool strikes(const char* name) {
  if (!state.is_armed || std::this_thread::get_id() != state.thread) return false;
  ++state.calls;
  if (state.n == 0) return false;
  const bool does = state.extent == SqliteCalls::Extent::once ? state.calls == state.n : state.calls >= state.n;
  if (!does) return false;
  if (state.struck.empty()) state.struck = name;
  errno = state.error;
  return true;
}

template <size_t N>
struct Name {
  char text[N];
  constexpr Name(const char (&name)[N]) {
    for (size_t i = 0; i < N; ++i) text[i] = name[i];
  }
};

// Stands in for one of SQLite's calls of the signature Result(Arguments...).
template <Name name, class Signature>
struct Call;
template <Name name, class Result, class... Arguments>
struct Call<name, Result(Arguments...)> {
  static inline Result (*real)(Arguments...) = nullptr;
  static Result failing(Arguments... arguments) {
    if (!strikes(name.text)) return real(arguments...);
    if constexpr (std::is_pointer_v<Result>)
      return static_cast<Result>(MAP_FAILED);
    else
      return static_cast<Result>(-1);
  }
  static void install(sqlite3_vfs* vfs) {
    real = reinterpret_cast<Result (*)(Arguments...)>(vfs->xGetSystemCall(vfs, name.text));
    vfs->xSetSystemCall(vfs, name.text, reinterpret_cast<sqlite3_syscall_ptr>(failing));
  }
  static void restore(sqlite3_vfs* vfs) { vfs->xSetSystemCall(vfs, name.text, nullptr); }
};

// fcntl takes any third argument; a pointer holds all of them.
template <class Do>
void for_all(Do&& act) {
  act(Call<"open", int(const char*, int, int)>());
  act(Call<"access", int(const char*, int)>());
  act(Call<"stat", int(const char*, struct stat*)>());
  act(Call<"fstat", int(int, struct stat*)>());
  act(Call<"ftruncate", int(int, off_t)>());
  act(Call<"fcntl", int(int, int, void*)>());
  act(Call<"read", ssize_t(int, void*, size_t)>());
  act(Call<"pread64", ssize_t(int, void*, size_t, off_t)>());
  act(Call<"write", ssize_t(int, const void*, size_t)>());
  act(Call<"pwrite64", ssize_t(int, const void*, size_t, off_t)>());
  act(Call<"fchmod", int(int, mode_t)>());
  act(Call<"unlink", int(const char*)>());
  act(Call<"mkdir", int(const char*, mode_t)>());
  act(Call<"rmdir", int(const char*)>());
  act(Call<"mmap", void*(void*, size_t, int, int, int, off_t)>());
  act(Call<"mremap", void*(void*, size_t, size_t, int)>());
  act(Call<"readlink", ssize_t(const char*, char*, size_t)>());
  act(Call<"lstat", int(const char*, struct stat*)>());
}

// Gives a descriptor through its last argument and an SQLite code back.
int (*real_open_directory)(const char*, int*) = nullptr;
int open_directory(const char* path, int* fd) {
  if (!strikes("openDirectory")) return real_open_directory(path, fd);
  *fd = -1;
  return SQLITE_CANTOPEN;
}

}  // namespace

SqliteCalls::SqliteCalls(size_t n, int error, Extent extent) {
  sqlite3_vfs* vfs = sqlite3_vfs_find("unix");
  for_all([vfs](auto call) { call.install(vfs); });
  real_open_directory = reinterpret_cast<int (*)(const char*, int*)>(vfs->xGetSystemCall(vfs, "openDirectory"));
  vfs->xSetSystemCall(vfs, "openDirectory", reinterpret_cast<sqlite3_syscall_ptr>(open_directory));
  state.thread = std::this_thread::get_id();
  state.n = n;
  state.calls = 0;
  state.error = error;
  state.extent = extent;
  state.struck.clear();
  state.is_armed = true;
}

SqliteCalls::~SqliteCalls() {
  state.is_armed = false;
  sqlite3_vfs* vfs = sqlite3_vfs_find("unix");
  for_all([vfs](auto call) { call.restore(vfs); });
  vfs->xSetSystemCall(vfs, "openDirectory", nullptr);
}

size_t SqliteCalls::calls() const { return state.calls; }
const std::string& SqliteCalls::struck() const { return state.struck; }
void SqliteCalls::mend() { state.is_armed = false; }

}  // namespace catlog::tests::disk
