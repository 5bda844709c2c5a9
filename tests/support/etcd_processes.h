#pragma once
#include <sys/types.h>

#include <cstddef>
#include <string>
#include <vector>

#include "tests/support/temporary_directory.h"

namespace catlog::tests {

// Three real etcd on loopback ports that the system chose, killed with this object.
class EtcdProcesses {
 public:
  static constexpr size_t count = 3;
  // The installed etcd, or the one that ops/install put under build/ in `source`; empty: there is none.
  static std::string find(const std::string& source);

  explicit EtcdProcesses(std::string program);
  EtcdProcesses(const EtcdProcesses&) = delete;
  ~EtcdProcesses();

  const std::vector<std::string>& endpoints() const { return endpoints_; }
  void kill(size_t which);  // SIGKILL
  void start(size_t which);
  void stop(size_t which);  // SIGSTOP
  void go_on(size_t which);

 private:
  std::string program_;
  TemporaryDirectory directory_;
  std::vector<std::string> endpoints_, peers_;
  std::vector<pid_t> pids_;
};

}  // namespace catlog::tests
