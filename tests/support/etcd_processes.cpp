#include "tests/support/etcd_processes.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fmt/format.h>

#include <stdexcept>

#include "tests/support/free_ports.h"

namespace catlog::tests {

std::string EtcdProcesses::find(const std::string& source) {
  for (const std::string& program : {std::string("/usr/bin/etcd"), source + "/build/etcd-server/usr/bin/etcd"})
    if (::access(program.c_str(), X_OK) == 0) return program;
  return "";
}

EtcdProcesses::EtcdProcesses(std::string program) : program_(std::move(program)), pids_(count, -1) {
  const auto ports = free_ports(2 * count);
  for (size_t which = 0; which < count; ++which) {
    endpoints_.push_back(fmt::format("{}:{}", own_address(), ports[2 * which]));
    peers_.push_back(fmt::format("http://{}:{}", own_address(), ports[2 * which + 1]));
  }
  for (size_t which = 0; which < count; ++which) start(which);
}

EtcdProcesses::~EtcdProcesses() {
  for (size_t which = 0; which < count; ++which) kill(which);
}

void EtcdProcesses::start(size_t which) {
  const std::string name = fmt::format("e{}", which), data = directory_ / name, log = directory_ / (name + ".log");
  const std::string client = "http://" + endpoints_[which];
  std::string cluster;
  for (size_t each = 0; each < count; ++each)
    cluster += fmt::format("{}e{}={}", cluster.empty() ? "" : ",", each, peers_[each]);
  std::vector<std::string> arguments{program_,      "--name",
                                     name,          "--data-dir",
                                     data,          "--listen-client-urls",
                                     client,        "--advertise-client-urls",
                                     client,        "--listen-peer-urls",
                                     peers_[which], "--initial-advertise-peer-urls",
                                     peers_[which], "--initial-cluster",
                                     cluster};
  std::vector<char*> argv;
  for (auto& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid < 0) throw std::runtime_error("fork");
  if (pid == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(127);
    const int out = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    ::dup2(out, 1);
    ::dup2(out, 2);
    ::execv(argv[0], argv.data());
    ::_exit(127);
  }
  pids_[which] = pid;
}

void EtcdProcesses::kill(size_t which) {
  if (pids_[which] < 0) return;
  ::kill(pids_[which], SIGKILL);
  ::waitpid(pids_[which], nullptr, 0);
  pids_[which] = -1;
}

void EtcdProcesses::stop(size_t which) { ::kill(pids_[which], SIGSTOP); }
void EtcdProcesses::go_on(size_t which) { ::kill(pids_[which], SIGCONT); }

}  // namespace catlog::tests
