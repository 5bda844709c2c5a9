#include "projector/model/building_files.h"

#include <boost/test/unit_test.hpp>

#include <fstream>
#include <string>
#include <vector>

#include <unistd.h>

#include "tests/support/temporary_directory.h"

BOOST_AUTO_TEST_SUITE(building_files_test)

using namespace catlog;
namespace fs = std::filesystem;
using tests::TemporaryDirectory;

namespace {

struct Folder {
  TemporaryDirectory directory;
  const fs::path file = directory / "november.sqlite";
  const fs::path left = directory / "november.sqlite.999999999.building";
  const fs::path anothers = directory / "october.sqlite.999999999.building";
  // What is only like it, or a living process's.
  std::vector<fs::path> others;

  Folder() {
    for (const std::string& tail :
         {std::string(".notes.building"), std::string(".12x.building"), std::string(".-5.building"),
          std::string("..building"), std::string(".99999999999999999999.building"),
          std::string(".999999999.building.mine"), "." + std::to_string(::getppid()) + ".building"})
      others.emplace_back(file.string() + tail);
    for (const fs::path& each : others) std::ofstream(each) << "x";
    for (const fs::path& each : {left, anothers}) std::ofstream(each) << "half a file";
  }
  ~Folder() {
    BOOST_TEST(!fs::exists(left));
    for (const fs::path& each : others) BOOST_TEST(fs::exists(each), each);
  }
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(what_killed_builders_of_one_file_left_is_removed, Folder) {
  projector::remove_abandoned(file);
  BOOST_TEST(fs::exists(anothers));
}

BOOST_FIXTURE_TEST_CASE(what_killed_builders_left_in_a_folder_is_removed, Folder) {
  projector::remove_all_abandoned(directory.path());
  BOOST_TEST(!fs::exists(anothers));
}

BOOST_AUTO_TEST_SUITE_END()
