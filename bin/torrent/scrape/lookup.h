#pragma once
#include <sys/socket.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace catlog::scrape {

// The addresses of a name, looked up by the system's resolver, in a thread of its own. Threads: one at a time.
class Lookup {
 public:
  explicit Lookup(const std::string& host);
  Lookup(const Lookup&) = delete;
  ~Lookup();
  // Nothing: it is under way. None: there are none. Their ports are 0.
  std::optional<std::vector<sockaddr_storage>> addresses() const;

 private:
  struct Asked;
  std::unique_ptr<Asked> asked_;
};

}  // namespace catlog::scrape
