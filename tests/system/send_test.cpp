#include <fcntl.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <boost/test/unit_test.hpp>

#include <array>
#include <chrono>
#include <fstream>
#include <future>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <fmt/format.h>

#include "events/text/uuid.h"
#include "tests/support/child_process.h"
#include "tests/support/data_directory.h"
#include "tests/support/temporary_directory.h"

BOOST_AUTO_TEST_SUITE(send_test)

// What `catlog send` makes of lines before the daemon sees them, and what it says when it is told to end.

using namespace catlog;
using namespace catlog::tests;

namespace {

std::string genre(size_t number) {
  return fmt::format(R"({{"id":"{}","putGenre":{{"tmdbId":{},"name":"G"}}}})", events::to_string(events::new_uuid()),
                     number);
}

// As a line; its receipt is more than a small pipe and the sender's own buffer hold.
std::string batch(size_t count) {
  std::string members = genre(1);
  for (size_t number = 2; number <= count; ++number) members += ',' + genre(number);
  return fmt::format(R"({{"batch":{{"commands":[{}]}}}})", members) + '\n';
}

// `catlog send` of some lines that stands in a write, because nobody reads its receipts.
class StuckSender {
 public:
  enum class Input { ends, stays_open };
  StuckSender(const DataDirectory& data, const std::string& lines, Input input = Input::ends) {
    BOOST_TEST_REQUIRE(::pipe2(ends_, O_CLOEXEC) == 0);
    const int most = ::fcntl(ends_[1], F_SETPIPE_SZ, 4096);
    const std::string file = data.path() / "lines";
    if (input == Input::stays_open) {  // a pipe, of which this holds the other end
      BOOST_TEST_REQUIRE(::mkfifo(file.c_str(), 0600) == 0);
      lines_ = ::open(file.c_str(), O_RDWR | O_CLOEXEC);
    }
    std::ofstream(file) << lines;
    sender_.emplace([&](const ChildProcess::Line&) {
      ::dup2(ends_[1], STDOUT_FILENO);
      ::execl(CATLOG_BIN "/catlog", "catlog", "--data", data.path().c_str(), "send", file.c_str(), nullptr);
      return 98;
    });
    ::close(ends_[1]);
    for (int held = 0; held < most && !has_ended(); std::this_thread::yield()) ::ioctl(ends_[0], FIONREAD, &held);
  }
  StuckSender(const StuckSender&) = delete;
  ~StuckSender() {
    ::close(ends_[0]);
    if (lines_ >= 0) ::close(lines_);
  }
  void tell(int signal) const { ::kill(sender_->pid(), signal); }
  std::string read_all() const {
    std::string all;
    std::array<char, 4096> some{};
    for (ssize_t count = 0; (count = ::read(ends_[0], some.data(), some.size())) > 0;)
      all.append(some.data(), static_cast<size_t>(count));
    return all;
  }
  // Its exit code, or minus the signal that ended it; -SIGKILL when none has within a minute.
  int ended_by_itself() {
    const auto until = std::chrono::steady_clock::now() + std::chrono::minutes(1);
    while (!has_ended() && std::chrono::steady_clock::now() < until) std::this_thread::yield();
    if (!has_ended()) tell(SIGKILL);
    return sender_->wait();
  }

 private:
  bool has_ended() const {
    siginfo_t what{};
    return ::waitid(P_PID, static_cast<id_t>(sender_->pid()), &what, WEXITED | WNOHANG | WNOWAIT) == 0 &&
           what.si_pid != 0;
  }
  int ends_[2]{}, lines_ = -1;
  std::optional<ChildProcess> sender_;
};

}  // namespace

BOOST_AUTO_TEST_CASE(an_id_of_null_is_none) {
  const DataDirectory data(CATLOG_BIN);
  const Ran dry = data.catlog({"send", "--dry-run"},
                              "{\"id\":null,\"putGenre\":{\"tmdbId\":9007199254740991,\"name\":\"\\u0022Ä\\n\"}}\n"
                              "{\"putGenre\":{\"tmdbId\":1,\"name\":\"G\"},\"id\" : null }\n");
  BOOST_TEST(dry.exit_code == 0, dry.out);
  const auto lines = read_lines(dry.out);
  BOOST_TEST_REQUIRE(lines.size() == 2u);
  BOOST_TEST(lines[0].at("putGenre") == R"({"tmdbId":9007199254740991,"name":"\"Ä\n"})");
  BOOST_TEST(lines[0].at("id").size() == 38u);
  BOOST_TEST(lines[1].at("id").size() == 38u);
  const Ran twice = data.catlog({"send", "--dry-run"}, R"({"id":null,"id":null,"putGenre":{"tmdbId":1,"name":"G"}})");
  BOOST_TEST(has(twice.out, "this field is given twice"), twice.out);
}

// The daemon would refuse it whatever it holds.
BOOST_AUTO_TEST_CASE(a_dry_run_refuses_what_the_declaration_does) {
  const DataDirectory data(CATLOG_BIN);
  const Ran ran = data.catlog({"send", "--dry-run"},
                              "{\"putGenre\":{\"tmdbId\":16}}\n"
                              "{\"id\":\"01936b2e-8c00-7000-8000-00000000a001\",\"rateMovie\":{\"rating\":5}}\n");
  BOOST_TEST(ran.exit_code == 1);
  BOOST_TEST(
      ran.out ==
      R"({"refused":{"code":"invalid","field":"/putGenre/name","message":"name is required; an unknown text is sent as \"\""}})"
      "\n"
      R"({"id":"01936b2e-8c00-7000-8000-00000000a001","refused":{"code":"invalid","field":"/rateMovie/movie","message":"movie is required"}})"
      "\n");
  BOOST_TEST(has(ran.err, "nothing was sent: 0 can be, 2 cannot"), ran.err);
}

BOOST_AUTO_TEST_CASE(told_to_end_it_says_which_lines_have_no_receipt) {
  const DataDirectory data(CATLOG_BIN);
  const Daemon daemon(CATLOG_BIN "/catlogd", data.path());
  // The first line is answered; the daemon then stands still.
  const std::string script = fmt::format(
      R"(cd {0} && mkfifo lines || exit 99
         {1}/catlog --data . send - < lines > receipts 2> said & sender=$!
         exec 3> lines
         echo '{{"putGenre":{{"tmdbId":1,"name":"G"}}}}' >&3
         until [ -s receipts ]; do kill -0 $sender || exit 98; done
         kill -STOP {2}
         for number in 2 3 4; do echo '{{"putGenre":{{"tmdbId":'$number',"name":"G"}}}}'; done >&3
         exec 3>&-
         kill -TERM $sender
         wait $sender
         code=$?
         kill -CONT {2}
         cat said >&2
         exit $code)",
      data.path().string(), CATLOG_BIN, daemon.pid());
  const Ran ran = run({"/bin/sh", "-c", script});
  BOOST_TEST(ran.exit_code == 128 + SIGTERM, ran.exit_code << ran.err);
  BOOST_TEST(has(ran.err, "1 accepted, 0 unchanged, 0 refused"), ran.err);
  // Where it was by then is its own affair; it says so.
  BOOST_TEST((has(ran.err, "from line 2 on nothing was sent") || has(ran.err, ": no receipt, they may have been")),
             ran.err);
  BOOST_TEST(has(ran.err, "ended by a signal"), ran.err);
}

BOOST_AUTO_TEST_CASE(a_second_signal_of_another_kind_ends_one_that_stands_in_a_write) {
  const DataDirectory data(CATLOG_BIN);
  const Daemon daemon(CATLOG_BIN "/catlogd", data.path());
  std::string lines;
  for (size_t number = 1; number <= 3'000; ++number) lines += genre(number) + '\n';
  StuckSender sender(data, lines);
  sender.tell(SIGINT);
  sender.tell(SIGTERM);
  BOOST_TEST(sender.ended_by_itself() == -SIGTERM);
}

// It stands in the write of the last receipt, and looks for signals no more.
BOOST_AUTO_TEST_CASE(a_signal_that_cuts_nothing_short_changes_no_exit_code) {
  const DataDirectory data(CATLOG_BIN);
  const Daemon daemon(CATLOG_BIN "/catlogd", data.path());
  StuckSender sender(data, batch(300));
  sender.tell(SIGTERM);
  const std::string receipts = sender.read_all();
  BOOST_TEST(sender.ended_by_itself() == 0);
  BOOST_TEST_REQUIRE(read_lines(receipts).size() == 1u);
  BOOST_TEST(read_lines(receipts)[0].contains("accepted"), receipts);
}

// It has looked for signals before it wrote the receipt, and reads next.
BOOST_AUTO_TEST_CASE(a_signal_between_the_last_look_and_a_read_is_not_lost) {
  const DataDirectory data(CATLOG_BIN);
  const Daemon daemon(CATLOG_BIN "/catlogd", data.path());
  StuckSender sender(data, batch(300), StuckSender::Input::stays_open);
  sender.tell(SIGTERM);
  const auto receipts = std::async(std::launch::async, [&] { return sender.read_all(); });
  BOOST_TEST(sender.ended_by_itself() == -SIGTERM);
}

BOOST_AUTO_TEST_CASE(a_path_in_a_command_to_be_copied_is_one_word_of_the_shell) {
  const TemporaryDirectory folder;
  const std::string data = folder / "it's here";
  for (const auto& arguments :
       std::vector<std::vector<std::string>>{{"status"}, {"sql", "SELECT 1"}, {"log"}, {"send", "-"}}) {
    std::vector<std::string> command{CATLOG_BIN "/catlog", "--data", data};
    command.insert(command.end(), arguments.begin(), arguments.end());
    const Ran ran = run(command);
    BOOST_TEST(ran.exit_code != 0);
    BOOST_TEST(has(ran.err, "`catlogd --data '" + std::string(folder / "it'\\''s here") + "'`"), ran.err);
  }
}

BOOST_AUTO_TEST_CASE(what_cannot_be_written_is_said_once) {
  const DataDirectory data(CATLOG_BIN);
  { Daemon(CATLOG_BIN "/catlogd", data.path()).terminate(); }
  for (const std::string command : {"sql 'SELECT 1'", "report genres", "status", "describe"}) {
    const Ran ran = run({"/bin/sh", "-c",
                         fmt::format("{}/catlog --data {} {} > /dev/full", CATLOG_BIN, data.path().string(), command)});
    constexpr std::string_view sentence = "cannot write to the standard output";
    BOOST_TEST(ran.exit_code == 4, command);
    const size_t first = ran.err.find(sentence);
    BOOST_TEST(first != std::string::npos, ran.err);
    BOOST_TEST(ran.err.find(sentence, first + 1) == std::string::npos, ran.err);
  }
}

BOOST_AUTO_TEST_CASE(a_folder_in_place_of_a_file_is_said_to_be_one) {
  const DataDirectory data(CATLOG_BIN);
  { Daemon(CATLOG_BIN "/catlogd", data.path()).terminate(); }
  const TemporaryDirectory folder;
  for (const std::vector<std::string>& command : {std::vector<std::string>{"publish", folder.path().string()},
                                                  {"rebuild", "--as-of", "0", "--into", folder.path().string()}}) {
    const Ran ran = data.catlog(command);
    BOOST_TEST(ran.exit_code == 2, ran.err);
    BOOST_TEST(has(ran.err, "is a folder: name a file"), ran.err);
  }
  const Ran nothing = data.catlog({"sql", ""});
  BOOST_TEST(nothing.exit_code == 2);
  BOOST_TEST(has(nothing.err, "query: it is empty"), nothing.err);
}

BOOST_AUTO_TEST_SUITE_END()
