#pragma once
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include <zmq.hpp>

#include "events/position.h"
#include "tests/support/data_directory.h"

namespace catlog::tests {

// An event that was handed out, for the `number`th time.
struct HandedOut {
  events::Position position = 0;
  uint64_t number = 0;
  std::string topic;
  bool operator==(const HandedOut&) const = default;
};

// One member of a group, over a connection of its own. `more`: members of the request, as JSON without braces.
class GroupMember {
 public:
  GroupMember(zmq::context_t& context, const DataDirectory& data, const std::string& group, const std::string& name);

  // The answer, without tag and encoding; nothing when none came in time.
  std::vector<std::string> attempt(const std::string& what, const std::string& more, std::chrono::milliseconds in_time);
  // The same; there must be one.
  std::vector<std::string> ask(const std::string& what, const std::string& more = {});
  void join(const std::string& more = {});
  // The code in quotes, or that it was not refused.
  std::string refused(const std::string& what, const std::string& more = {});
  // The JSON pointer that the refusal's message begins with; empty: none.
  std::string pointed_at(const std::string& what, const std::string& more = {});
  std::vector<HandedOut> fetch(const std::string& more = R"("waitMs":10000)");
  // Of the answer to a fetch.
  static std::vector<HandedOut> read(const std::vector<std::string>& answer);
  // As a request has them.
  static std::string list(const std::vector<HandedOut>& some);
  // Whether all of them were the member's.
  bool acknowledge(const std::vector<HandedOut>& some);
  bool give_up(const std::vector<HandedOut>& some, const std::string& why);

 private:
  std::string who_;
  zmq::socket_t socket_;
};

}  // namespace catlog::tests
