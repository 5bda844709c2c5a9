#pragma once
#include <filesystem>
#include <optional>
#include <string>
#include <thread>

#include "events/bus/bus.h"
#include "events/encoding.h"
#include "tests/bench/raw_lmdb.h"

namespace catlog::bench {

// A plain ROUTER that answers every request with one receipt made beforehand: the raw limit of the bus. With a
// directory it first appends one record a request to a plain LMDB environment there, whatever has arrived in one
// durable commit, as the handler does, behind so many others as append_raw: the raw limit of the bus and the disk
// together.
//
// Threads: its own. Stops when it goes.
class RawRouter {
 public:
  RawRouter(const std::string& endpoint, events::Encoding encoding);
  RawRouter(const std::string& endpoint, events::Encoding encoding, const std::filesystem::path& directory,
            const std::string& record, size_t others = 0);
  RawRouter(const RawRouter&) = delete;
  ~RawRouter();
  const std::string& endpoint() const { return endpoint_; }

 private:
  void serve(zmq::socket_t& router);
  void answer_what_has_arrived(zmq::socket_t& router);
  void start();

  std::string endpoint_, receipt_, record_;
  std::optional<RawLmdb> lmdb_;
  zmq::context_t context_;
  events::Stop stop_;
  std::thread thread_;
};

}  // namespace catlog::bench
