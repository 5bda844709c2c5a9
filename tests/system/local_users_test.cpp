#include <boost/test/unit_test.hpp>

#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <optional>
#include <thread>

#include <fmt/format.h>

#include "tests/support/data_directory.h"
#include "tests/support/root.h"
#include "tests/support/temporary_directory.h"

BOOST_AUTO_TEST_SUITE(local_users_test)

// Another user of this machine, at a daemon that asks for keys. Only root can be somebody else.

using namespace catlog;
using namespace catlog::tests;
namespace fs = std::filesystem;

namespace {

constexpr const char* user = "64321";

Ran run_as_user(std::vector<std::string> command, const std::string& input = {}) {
  command.insert(command.begin(), {"/usr/bin/env", "setpriv", "--reuid", user, "--regid", user, "--clear-groups"});
  return run(command, input);
}

struct AskedForKeys {
  DataDirectory data{CATLOG_BIN};
  std::optional<Daemon> daemon;
  int sent = 0;

  void start(const std::vector<std::string>& arguments) {
    daemon.emplace(CATLOG_BIN "/catlogd", data.path(), arguments);
  }
  std::string genre() { return fmt::format(R"({{"putGenre":{{"tmdbId":{0},"name":"G{0}"}}}})", ++sent); }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(local_users, AskedForKeys)

BOOST_AUTO_TEST_CASE(another_user_of_this_machine_sends_nothing_unless_listed) {
  if (!is_root()) return;
  const TemporaryDirectory open;
  ::chmod(open.path().c_str(), 0755);
  fs::copy(CATLOG_BIN "/catlog", open / "catlog");
  const std::string endpoint = "ipc://" + (open / "commands.ipc").string();
  start({"--require-keys", "--socket-mode", "666", "--commands-endpoint", endpoint});
  const auto sends = [&](const std::string& body) {
    return run_as_user({open / "catlog", "--data", open.path(), "send", "--endpoint", endpoint}, body).out;
  };
  data.out_of(
      {"send", "--endpoint", endpoint},
      R"({"registerUser":{"username":"ada","passwordHash":"$2b$10$abcdefghijklmnopqrstuu4T826PRnz0Hu6YlprUuxkZxOOj5Fw5S","role":"admin","isActive":true}})");
  // Whoever could say so would be the admin.
  const std::string as_admin = R"({"actor":{"userId":1},"putGenre":{"tmdbId":7,"name":"Seven"}})";
  for (const auto& body : {as_admin, genre(), R"({"batch":{"commands":[)" + genre() + "]}}"})
    BOOST_TEST(has(sends(body), R"("code":"forbidden")"), body);
  BOOST_TEST(has(sends(as_admin), "catlog bus-keys user"));
  data.out_of({"bus-keys", "user", "tracker", user, "--role", "producer"});
  while (has(sends(as_admin), "forbidden")) {
  }
  BOOST_TEST(has(data.out_of({"log", "--actor", "1"}), R"("sender":"tracker")"));
  data.out_of({"bus-keys", "role", "tracker", "subscriber"});
  while (!has(sends(genre()), "the role subscriber may not send commands")) {
  }
  data.out_of({"bus-keys", "role", "tracker", "admin"});
  while (has(sends(genre()), "forbidden")) {
  }
  BOOST_TEST(has(data.catlog({"bus-keys", "revoke", "tracker"}).err, "may what any local user may"));
  while (!has(sends(genre()), "your user is not on the daemon's list")) {
  }

  // A list that takes the owner's rights away would take housekeeping's.
  std::ofstream(data / "bus-keys/allowed/owner") << "role subscriber\nuser " << ::geteuid() << '\n';
  while (!has(data.out_of({"log"}), R"("sender":"owner")"))
    BOOST_TEST_REQUIRE(has(data.out_of({"send", "--endpoint", endpoint}, genre()), "accepted"));
}

BOOST_AUTO_TEST_CASE(who_may_not_read_the_log_is_handed_nothing_of_a_group) {
  if (!is_root()) return;
  constexpr const char* join = R"(import sys, zmq
socket = zmq.Context().socket(zmq.DEALER)
socket.linger = 0
socket.connect(sys.argv[1])
socket.send_multipart([b"t", b"j", b'{"join":{"name":"index","member":"m"}}'])
print(socket.recv_multipart()[2].decode() if socket.poll(10000) else "no answer"))";
  start({"--require-keys", "--socket-mode", "666"});
  for (const auto& folder : {data.path(), data / "run"}) ::chmod(folder.c_str(), 0755);
  const auto answer_to = [&](const std::string& role) {
    data.out_of({"bus-keys", "user", "tracker", user, "--role", role});
    return run_as_user({"/usr/bin/python3", "-c", join, "ipc://" + (data / "run/groups.ipc").string()}).out;
  };
  while (!has(answer_to("producer"), R"("code":"forbidden")")) {
  }
  while (!has(answer_to("subscriber"), R"("joined")")) {
  }
}

BOOST_AUTO_TEST_CASE(a_user_who_may_follow_no_more_is_cut_off) {
  if (!is_root()) return;
  // Says "up" when the first head has come, and ends when it is not let in any more.
  constexpr const char* follow = R"(import sys, zmq
context = zmq.Context()
def attempt():
    socket = context.socket(zmq.SUB)
    told = socket.get_monitor_socket(zmq.EVENT_HANDSHAKE_FAILED_AUTH)
    socket.subscribe(b"head/")
    socket.connect(sys.argv[1])
    while told.poll(10) == 0:
        while socket.poll(0):
            socket.recv_multipart()
            open(sys.argv[2], "w").close()
attempt()
print("not let in"))";
  start({"--require-keys", "--socket-mode", "666"});
  for (const auto& folder : {data.path(), data / "run"}) ::chmod(folder.c_str(), 0755);
  const TemporaryDirectory said;
  ::chmod(said.path().c_str(), 0777);
  std::thread demotes([&] {
    while (!fs::exists(said / "up")) std::this_thread::yield();
    data.out_of({"bus-keys", "user", "tracker", user, "--role", "producer"});
  });
  const Ran followed =
      run_as_user({"/usr/bin/python3", "-c", follow, "ipc://" + (data / "run/changes.ipc").string(), said / "up"});
  demotes.join();
  BOOST_TEST(followed.out == "not let in\n", followed.err);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE_END()
