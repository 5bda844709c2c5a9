#include <boost/test/unit_test.hpp>

#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "bin/torrent/engine/seen.h"
#include "bin/torrent/engine/tree.h"
#include "bin/torrent/keep.h"
#include "events/error.h"
#include "tests/support/child_process.h"
#include "tests/support/data_directory.h"
#include "tests/support/temporary_directory.h"

BOOST_AUTO_TEST_SUITE(torrent_files_test)

// The bridge's files: what is made, what is no file of ours, and that nothing leads out.
using namespace catlog::torrent;
using namespace catlog::tests;
namespace fs = std::filesystem;

namespace {

struct Folders {
  TemporaryDirectory own;
  Home home{own / "home"};

  Folders() {
    fs::create_directory(own / "outside");
    std::ofstream(own / "outside/mine") << "mine";
    make_home(home);
    std::ofstream(home.files() / "film") << "film";
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(files, Folders)

BOOST_AUTO_TEST_CASE(what_is_no_plain_file_of_one_name_is_found) {
  BOOST_TEST(!foreign_in(home).has_value());
  const auto finds = [&](const char* what) {
    const auto found = foreign_in(home);
    BOOST_TEST(found.has_value(), what);
    BOOST_TEST(has(found.value_or(""), what), found.value_or(""));
    fs::remove(home.files() / "other");
  };
  fs::create_symlink(own / "outside/mine", home.files() / "other");
  finds("symbolic link");
  fs::create_directory_symlink(own / "outside", home.files() / "other");
  finds("symbolic link");
  fs::create_hard_link(own / "outside/mine", home.files() / "other");
  finds("another name");
  BOOST_TEST_REQUIRE(::mkfifo((home.files() / "other").c_str(), 0600) == 0);
  finds("no file");
  BOOST_TEST(!foreign_in(home).has_value());
}

BOOST_AUTO_TEST_CASE(a_directory_that_is_a_link_is_refused) {
  fs::create_directory_symlink(own / "outside", own / "linked");
  BOOST_TEST(make_home({own / "linked"}).has_value());
  fs::create_directory(own / "half");
  fs::create_directory_symlink(own / "outside", own / "half/files");
  BOOST_TEST(make_home({own / "half"}).has_value());
}

BOOST_AUTO_TEST_CASE(a_change_of_a_file_is_seen) {
  const auto before = look_of(home);
  BOOST_TEST(before == look_of(home));
  const auto time = fs::last_write_time(home.files() / "film");
  std::ofstream(home.files() / "film") << "FILM";
  fs::last_write_time(home.files() / "film", time);  // as if nothing had happened
  BOOST_TEST(before != look_of(home));
}

BOOST_AUTO_TEST_CASE(what_is_gone_too_short_or_has_a_hole_is_found) {
  BOOST_TEST(lacking_in(home, {{"film", 4}, {"none of it", 0}}).missing.empty());
  BOOST_TEST(lacking_in(home, {{"film", 4}, {"other", 1}}).missing == "other");
  BOOST_TEST(lacking_in(home, {{"film", 5}}).missing == "film");
  fs::create_symlink(home.files() / "film", home.files() / "linked");
  BOOST_TEST(lacking_in(home, {{"linked", 4}}).missing == "linked");
  const std::string bytes(1 << 20, 'x');
  std::ofstream(home.files() / "whole") << bytes;
  BOOST_TEST(lacking_in(home, {{"whole", bytes.size()}}).holed.empty());
  fs::resize_file(home.files() / "whole", 10);
  fs::resize_file(home.files() / "whole", bytes.size());
  const auto lacking = lacking_in(home, {{"whole", bytes.size()}});
  BOOST_TEST(lacking.missing.empty());
  BOOST_TEST(lacking.holed == "whole");
}

BOOST_AUTO_TEST_CASE(removing_follows_no_link) {
  fs::create_directory_symlink(own / "outside", home.files() / "linked");
  BOOST_TEST(!remove_home(home).has_value());
  BOOST_TEST(!fs::exists(home.root));
  BOOST_TEST(read_text(own / "outside/mine") == "mine");
}

BOOST_AUTO_TEST_CASE(nothing_is_read_or_written_through_a_link) {
  fs::create_symlink(own / "outside/mine", home.resume());
  BOOST_TEST(!read_whole(home.resume(), 100).has_value());
  fs::create_symlink(own / "outside/mine", fs::path(home.resume().string() + ".new"));
  BOOST_CHECK_THROW(write_whole(home.resume(), "ours"), catlog::events::Failure);
  BOOST_TEST(read_text(own / "outside/mine") == "mine");
  BOOST_TEST(!read_whole(home.files() / "film", 3).has_value());
  write_whole(home.whole(), "all of it");
  BOOST_TEST(read_whole(home.whole(), 100).value_or("") == "all of it");
}

BOOST_AUTO_TEST_CASE(the_kernel_holds_the_process_to_its_directory) {
  fs::create_symlink(own / "outside/mine", home.files() / "linked");
  ChildProcess child([&](const auto&) {
    if (!confine_to(home.root)) return 2;
    std::ofstream(home.files() / "film") << "ours";
    std::ofstream(home.files() / "linked") << "ours";
    std::ofstream(own / "outside/other") << "ours";
    fs::create_directory(home.files() / "folder");
    return 0;
  });
  const int ended = child.wait();
  if (ended == 2) BOOST_TEST_MESSAGE("not tried: this kernel has no Landlock");
  if (ended == 2) return;
  BOOST_TEST(ended == 0);
  BOOST_TEST(read_text(home.files() / "film") == "ours");
  BOOST_TEST(read_text(own / "outside/mine") == "mine");
  BOOST_TEST(!fs::exists(own / "outside/other"));
  BOOST_TEST(fs::exists(home.files() / "folder"));
}

BOOST_AUTO_TEST_CASE(which_addresses_are_this_machine_s_only) {
  for (const char* here : {"127.0.0.1:6881", "127.0.0.1:0,[::1]:0", "lo:6881", "127.8.8.8:1"})
    BOOST_TEST(is_loopback_only(here), here);
  for (const char* everywhere : {"0.0.0.0:6881", "127.0.0.1:0,[::]:6881", "eth0:6881", "192.168.1.1:0"})
    BOOST_TEST(!is_loopback_only(everywhere), everywhere);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE_END()
