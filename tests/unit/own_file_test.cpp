#include <boost/test/unit_test.hpp>

#include <fstream>

#include <sys/stat.h>
#include <unistd.h>

#include "events/error.h"
#include "projector/quarantine/quarantine.h"
#include "projector/quarantine/standstill.h"
#include "projector/sqlite/sqlite.h"
#include "store/backup/manifest.h"
#include "store/files/durable_file.h"
#include "store/files/file_lock.h"
#include "store/files/key_files.h"
#include "store/log.h"
#include "tests/support/child_process.h"
#include "tests/support/read_models.h"
#include "tests/support/root.h"
#include "tests/support/temporary_directory.h"

BOOST_AUTO_TEST_SUITE(own_file_test)

using namespace catlog;
using namespace catlog::store;
namespace fs = std::filesystem;
using events::Failure;
using tests::ChildProcess;
using tests::is_root;
using tests::TemporaryDirectory;

namespace {

constexpr uid_t nobody = 65'534;

std::string text_of(const fs::path& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

void write(const fs::path& file, const std::string& text) { std::ofstream(file) << text; }

// What somebody may have put in the place of a file of ours: none of them is opened, nor waited for.
struct Planted {
  TemporaryDirectory folder;
  fs::path victim = folder / "victim", link = folder / "link", dangling = folder / "dangling", fifo = folder / "fifo",
           directory = folder / "directory";
  Planted() {
    write(victim, "precious");
    fs::create_symlink(victim, link);
    fs::create_symlink(folder / "nowhere", dangling);
    BOOST_TEST_REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
    fs::create_directory(directory);
  }
  ~Planted() {
    BOOST_TEST(text_of(victim) == "precious");
    BOOST_TEST(!fs::exists(folder / "nowhere"));
  }
  std::vector<fs::path> all() const { return {link, dangling, fifo, directory}; }
};

// A log, its lock file exchanged for what has that name in `directory`.
void make_log_and_open_with(const fs::path& directory) {
  const fs::path planted = directory / "planted.mdb", lock = directory / "lock.mdb";
  fs::rename(lock, planted);
  Log::open(directory, Access::write);
  fs::remove(lock);
  fs::rename(planted, lock);
  Log::open(directory, Access::write);
}

uid_t owner_of(const fs::path& path) {
  struct stat about {};
  BOOST_TEST_REQUIRE(::lstat(path.c_str(), &about) == 0, path);
  return about.st_uid;
}

}  // namespace

BOOST_AUTO_TEST_CASE(links_fifos_and_directories_are_not_opened) {
  const Planted planted;
  for (const fs::path& path : planted.all()) {
    for (const Opening opening : {Opening::read, Opening::update}) {
      const auto file = OwnFile::open(path, opening);
      BOOST_TEST_REQUIRE(!file, path);
      BOOST_TEST(file.error().sentence.find(path.string()) != std::string::npos);
      BOOST_TEST(file.error().sentence.find("no regular file") != std::string::npos, file.error().sentence);
    }
    BOOST_CHECK_THROW(FileLock(path, "a test"), Failure);
    BOOST_TEST(!FileLock::holder(path));
    BOOST_TEST(!read_own_file(path, 100));
    BOOST_CHECK_THROW(has_own_file(path), Failure);
    BOOST_CHECK_THROW(projector::Database(path, projector::Open::create), Failure);
    BOOST_CHECK_THROW(projector::Database(path, projector::Open::write), Failure);
    if (path != planted.link) BOOST_CHECK_THROW(projector::Database(path, projector::Open::read), Failure);
    BOOST_TEST(!projector::Quarantine::read(path, tests::test_log_id));
  }
}

BOOST_AUTO_TEST_CASE(a_new_file_takes_the_place_of_what_has_its_name) {
  const Planted planted;
  for (const fs::path& path : {planted.link, planted.dangling, planted.fifo}) {
    fs::rename(path, path.string() + ".new");
    write_durably(path, "ours");
    BOOST_TEST(fs::is_regular_file(fs::symlink_status(path)));
    BOOST_TEST(text_of(path) == "ours");
  }
}

BOOST_AUTO_TEST_CASE(notes_manifests_and_keys_are_read_from_regular_files_only) {
  const Planted planted;
  TemporaryDirectory folder;
  for (const fs::path& path : planted.all()) {
    for (const char* name : {"manifest.json", "projector-status.json"}) {
      fs::remove(folder / name);
      fs::create_symlink(path, folder / name);
    }
    BOOST_CHECK_THROW(read_manifest(folder.path()), Failure);
    BOOST_TEST(!projector::read_standstill(folder.path(), tests::test_log_id));
  }
  fs::create_symlink(planted.victim, folder / "projector-status.json.new");
  projector::write_standstill(folder.path(), tests::test_log_id, {.position = 7, .reason = "it is bad"});
  const auto stop = projector::read_standstill(folder.path(), tests::test_log_id);
  BOOST_TEST_REQUIRE(stop.has_value());
  BOOST_TEST(stop->position == 7u);

  const fs::path keys = folder / "keys", copies = folder / "copies";
  fs::create_directory(keys);
  fs::create_directory(copies);
  write(keys / "user-1-0123456789abcdef.key", std::string(32, 'k'));
  fs::create_symlink(planted.victim, copies / "user-1-0123456789abcdef.key");
  BOOST_CHECK_THROW(copy_keys(keys, copies), Failure);
}

BOOST_AUTO_TEST_CASE(a_file_is_read_to_its_end_and_not_beyond_the_limit) {
  TemporaryDirectory folder;
  for (const size_t size : {size_t{0}, size_t{1}, size_t{65'536}, size_t{200'000}}) {
    write(folder / "file", std::string(size, 'x'));
    BOOST_TEST((read_own_file(folder / "file", size).value_or("?") == std::string(size, 'x')));
    if (size > 0) BOOST_TEST(read_own_file(folder / "file", size - 1).error().error == EFBIG);
  }
  BOOST_TEST(read_own_file(folder / "none", 1).error().error == ENOENT);
}

BOOST_AUTO_TEST_CASE(a_new_file_is_as_open_to_the_group_as_its_folder_and_closed_to_others) {
  struct Made {
    mode_t folder, umask, file;
  };
  for (const Made& made : {Made{0750, 0022, 0660},
                           {0750, 0077, 0660},
                           {0750, 0, 0660},
                           {0700, 0022, 0600},
                           {0700, 0, 0600},
                           {0755, 0022, 0640},
                           {0755, 0077, 0600},
                           {0755, 0, 0660},
                           {0777, 0, 0660}}) {
    TemporaryDirectory folder;
    ChildProcess child([&](const ChildProcess::Line&) {
      ::umask(made.umask);
      ::chmod(folder.path().c_str(), made.folder);
      make_own_file(folder / "a", 0666);
      struct stat found {};
      return ::stat((folder / "a").c_str(), &found) == 0 && (found.st_mode & 0777) == made.file ? 0 : 1;
    });
    BOOST_TEST(child.wait() == 0, "folder " << made.folder << " umask " << made.umask);
  }
}

// Only root can give files away, and only root is refused another user's link to a directory.
BOOST_AUTO_TEST_CASE(what_root_makes_belongs_to_the_owner_of_the_directory) {
  if (!is_root()) return;
  TemporaryDirectory folder;
  const fs::path theirs = folder / "theirs";
  fs::create_directory(theirs);
  BOOST_TEST_REQUIRE(::chown(theirs.c_str(), nobody, nobody) == 0);
  {
    FileLock lock(theirs / "run" / "a.lock", "a test");
    write_durably(theirs / "run" / "note.json", "{}");
    projector::Database database(theirs / "run" / "a.sqlite", projector::Open::create);
    database.run("PRAGMA journal_mode = WAL; CREATE TABLE t (id INTEGER)");
    for (const auto& entry : fs::directory_iterator(theirs / "run"))
      BOOST_TEST(owner_of(entry.path()) == nobody, entry);
    BOOST_TEST(fs::exists(theirs / "run" / "a.sqlite-shm"));
  }
  BOOST_TEST(owner_of(theirs / "run") == nobody);

  fs::create_directory(folder / "roots");
  fs::create_symlink(folder / "roots", theirs / "link");
  BOOST_TEST_REQUIRE(::lchown((theirs / "link").c_str(), nobody, nobody) == 0);
  BOOST_TEST(!OwnFile::open(theirs / "link" / "a.lock", Opening::update));
  BOOST_TEST(fs::is_empty(folder / "roots"));
}

BOOST_AUTO_TEST_CASE(root_writes_to_no_file_with_two_names_in_anothers_directory) {
  if (!is_root()) return;
  TemporaryDirectory folder;
  const fs::path theirs = folder / "theirs", victim = folder / "victim";
  write(victim, "precious");
  fs::create_directory(theirs);
  for (const char* name : {"a.lock", "lock.mdb"}) fs::create_hard_link(victim, theirs / name);
  BOOST_TEST(OwnFile::open(theirs / "a.lock", Opening::update).has_value());  // root's own directory
  BOOST_TEST_REQUIRE(::chown(theirs.c_str(), nobody, nobody) == 0);
  BOOST_TEST(OwnFile::open(theirs / "a.lock", Opening::update).error().error == EMLINK);
  BOOST_TEST(OwnFile::open(theirs / "a.lock", Opening::read).has_value());
  BOOST_CHECK_THROW(FileLock(theirs / "a.lock", "a test"), Failure);
  BOOST_CHECK_THROW(make_log_and_open_with(theirs), Failure);
  BOOST_TEST(text_of(victim) == "precious");
}

BOOST_AUTO_TEST_CASE(a_link_of_ones_own_is_followed_whoever_has_the_directory) {
  if (!is_root()) return;
  TemporaryDirectory folder;
  fs::permissions(folder.path(), fs::perms::group_exec | fs::perms::others_exec, fs::perm_options::add);
  fs::create_directory(folder / "shared");
  fs::permissions(folder / "shared", fs::perms::all);
  fs::create_directory_symlink(folder / "shared", folder / "link");
  BOOST_TEST_REQUIRE(::lchown((folder / "link").c_str(), nobody, nobody) == 0);
  ChildProcess child([&](const ChildProcess::Line&) {
    if (::setresuid(nobody, nobody, nobody) != 0) return 2;
    const auto file = OwnFile::open(folder / "link" / "a.lock", Opening::update);
    return file ? 0 : 100 + file.error().error;
  });
  BOOST_TEST(child.wait() == 0);
  BOOST_TEST(owner_of(folder / "shared" / "a.lock") == nobody);
}

BOOST_AUTO_TEST_SUITE_END()
