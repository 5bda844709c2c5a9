#include <fcntl.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <boost/test/unit_test.hpp>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <zmq.hpp>

#include "tests/support/child_process.h"
#include "tests/support/data_directory.h"
#include "tests/support/temporary_directory.h"

BOOST_AUTO_TEST_SUITE(send_test)

// What `catlog send` makes of lines before the daemon sees them, and what it says when it is told to end.

using namespace catlog;
using namespace catlog::tests;

namespace {

std::string genres_without_ids(size_t count) {
  std::string lines;
  for (size_t number = 1; number <= count; ++number)
    lines += fmt::format(R"({{"putGenre":{{"tmdbId":{},"name":"G"}}}})", number) + '\n';
  return lines;
}

std::string text_of(const std::filesystem::path& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

// Does with the lines what `said` advises. All are carried out then, each once.
void send_again(const DataDirectory& data, const std::string& lines, const std::string& said) {
  constexpr std::string_view advice = "send again from line ";
  const size_t at = said.find(advice);
  BOOST_TEST_REQUIRE(at != std::string::npos, said);
  const size_t first = std::stoull(said.substr(at + advice.size()));
  std::map<size_t, std::string> ids;
  std::istringstream lines_said(said);
  for (std::string line; std::getline(lines_said, line);)
    if (line.starts_with("{\"line\"")) {
      const auto made = read_lines(line).at(0);
      ids[std::stoull(made.at("line"))] = made.at("id");
    }
  std::string again;
  std::istringstream all(lines);
  size_t number = 0;
  for (std::string line; std::getline(all, line);) {
    if (++number < first) continue;
    again += (ids.contains(number) ? "{\"id\":" + ids[number] + ',' + line.substr(1) : line) + '\n';
  }
  BOOST_TEST(data.catlog({"send", "-"}, again).exit_code == 0);
  data.out_of({"wait-for", "latest"});
  const std::string count =
      data.out_of({"sql", "--format", "csv", "SELECT count(*), (SELECT count(*) FROM log_events) FROM genres"});
  BOOST_TEST(has(count, fmt::format("{0},{0}", number)), count);
}

// `catlog send` of some lines that stands in a write, because nobody reads its receipts.
class StuckSender {
 public:
  StuckSender(const DataDirectory& data, const std::string& lines) : said_(data.path() / "said") {
    BOOST_TEST_REQUIRE(::pipe2(ends_, O_CLOEXEC) == 0);
    const int most = ::fcntl(ends_[1], F_SETPIPE_SZ, 4096);
    const std::string file = data.path() / "lines";
    std::ofstream(file) << lines;
    sender_.emplace([&](const ChildProcess::Line&) {
      ::dup2(ends_[1], STDOUT_FILENO);
      ::dup2(::open(said_.c_str(), O_CREAT | O_WRONLY, 0600), STDERR_FILENO);
      ::execl(CATLOG_BIN "/catlog", "catlog", "--data", data.path().c_str(), "send", file.c_str(), nullptr);
      return 98;
    });
    ::close(ends_[1]);
    for (int held = 0; held < most && !has_ended(); std::this_thread::yield()) ::ioctl(ends_[0], FIONREAD, &held);
  }
  StuckSender(const StuckSender&) = delete;
  ~StuckSender() { leave(); }
  // Whoever would read goes.
  void leave() {
    if (ends_[0] >= 0) ::close(std::exchange(ends_[0], -1));
  }
  std::string said() const { return text_of(said_); }
  void tell(int signal) const { ::kill(sender_->pid(), signal); }
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
  const std::filesystem::path said_;
  int ends_[2]{};
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

BOOST_AUTO_TEST_CASE(told_to_end_while_nobody_reads_its_receipts_it_names_their_lines) {
  const std::string lines = genres_without_ids(3'000);
  for (const int signal : {SIGINT, SIGTERM}) {
    const DataDirectory data(CATLOG_BIN);
    const Daemon daemon(CATLOG_BIN "/catlogd", data.path());
    StuckSender sender(data, lines);
    sender.tell(signal);
    BOOST_TEST(sender.ended_by_itself() == -signal);
    BOOST_TEST(has(sender.said(), ": their receipts could not be written"), sender.said());
    send_again(data, lines, sender.said());
  }
}

// Of a peer that takes them and says nothing.
BOOST_AUTO_TEST_CASE(lines_that_left_and_have_no_receipt_may_have_been_carried_out) {
  const TemporaryDirectory folder;
  const std::string endpoint = "ipc://" + (folder / "commands.ipc").string();
  zmq::context_t context;
  zmq::socket_t intake(context, zmq::socket_type::router);
  intake.bind(endpoint);
  const Ran ran =
      run({CATLOG_BIN "/catlog", "--data", folder.path(), "send", "-", "--wait-s", "5", "--endpoint", endpoint},
          "\n" + genres_without_ids(2));
  BOOST_TEST(ran.exit_code == 6);
  BOOST_TEST(has(ran.err, "2 have no answer and may have been carried out or not;"), ran.err);
  BOOST_TEST(has(ran.err, "lines 2 to 3: no receipt, they may have been carried out or not; there are none behind"),
             ran.err);
}

// As `catlog send lines | head -3` does.
BOOST_AUTO_TEST_CASE(when_nobody_reads_its_receipts_any_more_it_names_their_lines_and_sends_no_more) {
  const DataDirectory data(CATLOG_BIN);
  const Daemon daemon(CATLOG_BIN "/catlogd", data.path());
  const std::string lines = genres_without_ids(20'000);
  StuckSender sender(data, lines);
  sender.leave();
  BOOST_TEST(sender.ended_by_itself() == 4);
  BOOST_TEST(has(sender.said(), "nobody reads the standard output any more"), sender.said());
  BOOST_TEST(has(sender.said(), "on nothing was sent"), sender.said());
  send_again(data, lines, sender.said());
}

BOOST_AUTO_TEST_CASE(receipts_that_cannot_be_written_end_the_sending) {
  const DataDirectory data(CATLOG_BIN);
  const Daemon daemon(CATLOG_BIN "/catlogd", data.path());
  const std::string lines = genres_without_ids(20'000);
  std::ofstream(data.path() / "lines") << lines;
  const Ran ran = run({"/bin/sh", "-c",
                       fmt::format("{}/catlog --data {} send {} > /dev/full", CATLOG_BIN, data.path().string(),
                                   (data.path() / "lines").string())});
  BOOST_TEST(ran.exit_code == 4);
  BOOST_TEST(has(ran.err, "cannot write to the standard output"), ran.err);
  BOOST_TEST(has(ran.err, "on nothing was sent"), ran.err);
  send_again(data, lines, ran.err);
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
