#include <boost/test/unit_test.hpp>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/bus_peers.h"
#include "tests/support/data_directory.h"

BOOST_AUTO_TEST_SUITE(watched_test)

// What `catlog verify` makes of the death of the process that reads for it.

using namespace catlog::tests;

namespace {

// A pipe with no room in it: whoever writes waits until it is read.
class FullPipe {
 public:
  FullPipe() {
    BOOST_TEST_REQUIRE(::pipe2(ends_, O_CLOEXEC) == 0);
    ::fcntl(ends_[1], F_SETFL, O_NONBLOCK);
    while (::write(ends_[1], "x", 1) == 1) {
    }
    ::fcntl(ends_[1], F_SETFL, 0);
  }
  int writable() const { return ends_[1]; }
  // All of it, to the end.
  std::string read() {
    ::close(ends_[1]);
    std::string all(1 << 20, '\0');
    size_t length = 0;
    for (ssize_t count = 0; (count = ::read(ends_[0], all.data() + length, all.size() - length)) > 0;)
      length += static_cast<size_t>(count);
    ::close(ends_[0]);
    all.resize(length);
    return all;
  }

 private:
  int ends_[2];
};

pid_t first_child_of(pid_t process) {
  const std::string file = "/proc/" + std::to_string(process) + "/task/" + std::to_string(process) + "/children";
  const auto by = std::chrono::steady_clock::now() + long_enough;
  for (pid_t child = 0; std::chrono::steady_clock::now() < by; std::this_thread::yield())
    if (std::ifstream(file) >> child) return child;
  return 0;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_check_that_is_killed_from_outside_says_nothing_about_the_data) {
  const DataDirectory data(CATLOG_BIN);
  {
    Daemon daemon = data.start();
    data.out_of({"send", "-"}, R"({"putGenre":{"tmdbId":16,"name":"Animation"}})");
    BOOST_TEST(daemon.terminate() == 0);
  }
  // It has something to say on stderr before it is done, so it cannot end before it is killed.
  FullPipe err;
  const std::string out = data / "out";
  const pid_t verify = ::fork();
  if (verify == 0) {
    ::dup2(err.writable(), STDERR_FILENO);
    ::dup2(::open(out.c_str(), O_WRONLY | O_CREAT, 0600), STDOUT_FILENO);
    ::execl(CATLOG_BIN "/catlog", "catlog", "--data", data.path().c_str(), "verify", nullptr);
    ::_exit(127);
  }
  const pid_t reader = first_child_of(verify);
  BOOST_TEST_REQUIRE(reader > 0);
  BOOST_TEST(::kill(reader, SIGKILL) == 0);
  const std::string said = err.read();
  int status = 0;
  BOOST_TEST_REQUIRE(::waitpid(verify, &status, 0) == verify);
  BOOST_TEST((WIFEXITED(status) && WEXITSTATUS(status) == 4), said);
  BOOST_TEST(said.find("stopped from outside") != std::string::npos, said);
  BOOST_TEST(read_text(out) == "");
}

BOOST_AUTO_TEST_SUITE_END()
