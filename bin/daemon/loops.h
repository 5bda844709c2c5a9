#pragma once
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "events/bus/bus.h"

namespace catlog {

// The loops of this process, each in a thread of its own that has its name and its place behind the handler. When one
// ends by an exception, all stop and join() throws it again. Lifetime: refers to `stop` and the loops.
class Loops {
 public:
  explicit Loops(events::Stop& stop) : stop_(stop) {}
  ~Loops();  // stops and joins them
  Loops(const Loops&) = delete;

  // `loop` has run(Stop&), which returns after the stop was set.
  template <class Loop>
  void start(const std::string& name, Loop& loop) {
    start(name, [&loop](events::Stop& stop) { loop.run(stop); });
  }
  void start(const std::string& name, std::function<void(events::Stop&)> run);
  // Waits until all have ended. Throws what ended the first of them that failed.
  void join();

 private:
  events::Stop& stop_;
  std::vector<std::unique_ptr<std::exception_ptr>> failures_;
  std::vector<std::jthread> threads_;
};

}  // namespace catlog
