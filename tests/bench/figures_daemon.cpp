// The figures of a daemon with a long log: how soon it answers after a kill, and what memory it takes.
#include <fstream>
#include <sstream>

#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include "events/bus.h"
#include "events/error.h"
#include "tests/bench/figures.h"
#include "tests/bench/statistics.h"

namespace catlog::bench {

using events::Position;

namespace {

constexpr size_t sent_before_kill = 20'000, loaded_for_memory = 40'000;
constexpr std::chrono::milliseconds receipt_wait{60'000};
constexpr double kib_per_mib = 1'024;

double ms_since(int64_t begin_ns) { return static_cast<double>(now_ns() - begin_ns) / 1e6; }

// One producer that does not wait. ZeroMQ tries to connect again every millisecond.
class Producer {
 public:
  explicit Producer(const std::string& endpoint) : socket_(context_, zmq::socket_type::dealer) {
    socket_.set(zmq::sockopt::reconnect_ivl, 1);
    socket_.set(zmq::sockopt::linger, 0);
    socket_.connect(endpoint);
  }
  void send(const std::string& body) {
    socket_.send(zmq::str_buffer("t"), zmq::send_flags::sndmore);
    socket_.send(zmq::buffer(events::encoding_frame(Encoding::json)), zmq::send_flags::sndmore);
    socket_.send(zmq::buffer(body), zmq::send_flags::none);
  }
  // Sends all with as many open at a time as one peer may have; so many are not answered yet.
  size_t send_all(const Bodies& bodies) {
    size_t unanswered = 0;
    for (const auto& body : bodies) {
      send(body);
      if (++unanswered < events::commands_unanswered) continue;
      receive_accepted();
      --unanswered;
    }
    return unanswered;
  }
  void receive_accepted() {
    socket_.set(zmq::sockopt::rcvtimeo, static_cast<int>(receipt_wait.count()));
    zmq::message_t frame;
    bool more = true;
    while (more) {
      if (!socket_.recv(frame)) throw events::Failure(events::Exit::failure, "catlogd does not answer");
      more = frame.more();
    }
    if (frame.to_string_view().find("\"accepted\":") == std::string_view::npos)
      throw events::Failure(events::Exit::failure, "a command was not accepted: " + frame.to_string());
  }

 private:
  zmq::context_t context_;
  zmq::socket_t socket_;
};

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
    Producer producer(daemon.endpoint());
    producer.send_all(workload_.ratings(Encoding::json, sent_before_kill, long_log_streams));
    daemon.kill();
  }
  const auto body = workload_.ratings(Encoding::json, 1, long_log_streams).front();
  const int64_t begin_ns = now_ns();
  Daemon daemon(program_, data, said, Start::at_once);
  Producer producer(daemon.endpoint());
  producer.send(body);
  producer.receive_accepted();
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
  Producer producer(daemon.endpoint());
  for (size_t left = producer.send_all(workload_.ratings(Encoding::json, loaded_for_memory, long_log_streams));
       left > 0; --left)
    producer.receive_accepted();
  const auto prefix = fmt::format("memory of catlogd, log of {} events: ", events);
  for (const auto& [name, says] :
       {std::pair("RssAnon", "its own (RssAnon), MiB"), std::pair("RssFile", "page cache that it maps (RssFile), MiB"),
        std::pair("VmHWM", "most of both so far (VmHWM), MiB")})
    table_.add({prefix + says}, status_mib(daemon.pid(), name));
  daemon.stop();
}

}  // namespace catlog::bench
