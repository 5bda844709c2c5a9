// The figures of a daemon with a long log: how soon it answers after a kill, and what memory it takes.
#include "events/schema/vocabulary.h"

#include <fstream>
#include <sstream>

#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include "events/bus/bus.h"
#include "events/client/client.h"
#include "events/error.h"
#include "tests/bench/figures.h"
#include "tests/bench/statistics.h"

namespace catlog::bench {

using events::Position;

namespace {

constexpr std::chrono::milliseconds receipt_wait{60'000};
constexpr double kib_per_mib = 1'024;

double ms_since(int64_t begin_ns) { return static_cast<double>(now_ns() - begin_ns) / 1e6; }

// Returns when the command is accepted. ZeroMQ tries to connect again every millisecond.
void have_accepted(const std::string& endpoint, const std::string& body) {
  zmq::context_t context;
  zmq::socket_t socket(context, zmq::socket_type::dealer);
  socket.set(zmq::sockopt::reconnect_ivl, 1);
  socket.set(zmq::sockopt::linger, 0);
  socket.set(zmq::sockopt::rcvtimeo, static_cast<int>(receipt_wait.count()));
  socket.connect(endpoint);
  socket.send(zmq::str_buffer("t"), zmq::send_flags::sndmore);
  socket.send(zmq::buffer(events::encoding_frame(Encoding::json)), zmq::send_flags::sndmore);
  socket.send(zmq::buffer(body), zmq::send_flags::none);
  zmq::message_t frame;
  do {
    if (!socket.recv(frame)) throw events::Failure(events::Exit::failure, "catlogd does not answer");
  } while (frame.more());
  if (frame.to_string_view().find("\"accepted\":") == std::string_view::npos)
    throw events::Failure(events::Exit::failure, "a command was not accepted: " + frame.to_string());
}

// A client that has sent all of them, with as many open at a time as one may have: the last ones still are.
events::Client loaded(const Daemon& daemon, const Bodies& bodies) {
  events::Client client(daemon.endpoint(), {receipt_wait, events::commands_unanswered, events::usual_pack});
  for (const auto& body : bodies)
    client.send(body, Encoding::json, [](events::schema::Receipt::Reader receipt) {
      if (!receipt.isAccepted()) throw events::Failure(events::Exit::failure, "a command was not accepted");
    });
  return client;
}

// What starting and ending the program takes that does nothing.
double process_start_ms(const std::filesystem::path& program) {
  const int64_t begin_ns = now_ns();
  const pid_t pid = ::fork();
  if (pid == 0) {
    if (!std::freopen("/dev/null", "w", stdout)) ::_exit(126);
    ::execl(program.c_str(), program.c_str(), "--help", nullptr);
    ::_exit(127);
  }
  ::waitpid(pid, nullptr, 0);
  return ms_since(begin_ns);
}

// A line of /proc/PID/status, in MiB.
double status_mib(pid_t pid, const std::string& name) {
  std::ifstream file(fmt::format("/proc/{}/status", pid));
  for (std::string line; std::getline(file, line);) {
    std::istringstream fields(line);
    std::string label;
    double kib = 0;
    if (fields >> label >> kib && label == name + ":") return kib / kib_per_mib;
  }
  throw events::Failure(events::Exit::failure, "there is no " + name + " of catlogd in /proc");
}

}  // namespace

void Figures::reopen() {
  const auto& data = long_log(counts_.longer_log).data();
  const auto said = scratch_ / "catlogd-long.log";
  {
    Daemon daemon(program_, data, said);
    const auto client = loaded(daemon, workload_.ratings(Encoding::json, counts_.sent_before_kill, long_log_streams));
    daemon.kill();
  }
  const auto body = workload_.ratings(Encoding::json, 1, long_log_streams).front();
  const int64_t begin_ns = now_ns();
  Daemon daemon(program_, data, said, Start::at_once);
  have_accepted(daemon.endpoint(), body);
  const double first_ms = ms_since(begin_ns);
  daemon.wait_until_ready();
  const double ready_ms = ms_since(begin_ns);
  daemon.stop();
  const auto prefix = fmt::format("start after kill -9 under load, {} events: ", counts_.longer_log);
  table_.add({prefix + "first receipt, ms", "`catlogd --help`", "<= 100 ms"}, first_ms, process_start_ms(program_));
  table_.add({prefix + "read model can be asked, ms"}, ready_ms);
}

void Figures::memory() {
  measure_memory(counts_.shorter_log);
  measure_memory(counts_.longer_log);
}

void Figures::measure_memory(Position events) {
  Daemon daemon(program_, long_log(events).data(), scratch_ / "catlogd-long.log");
  loaded(daemon, workload_.ratings(Encoding::json, counts_.loaded_for_memory, long_log_streams)).finish();
  const auto prefix = fmt::format("memory of catlogd, log of {} events: ", events);
  for (const auto& [name, says] :
       {std::pair("RssAnon", "its own (RssAnon), MiB"), std::pair("RssFile", "page cache that it maps (RssFile), MiB"),
        std::pair("VmHWM", "most of both so far (VmHWM), MiB")})
    table_.add({prefix + says}, status_mib(daemon.pid(), name));
  daemon.stop();
}

}  // namespace catlog::bench
