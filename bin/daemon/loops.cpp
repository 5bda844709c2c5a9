#include "bin/daemon/loops.h"

#include <fmt/format.h>
#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "bin/service/daemon_log.h"
#include "commandhandler/state/state_loop.h"
#include "events/error.h"

namespace catlog {

namespace {

constexpr int most_niceness = 19;

// A producer waits for the handler, nobody for the projections: when cores are short, they lag. Each thread has its
// loop's name, for top and perf.
void prepare_thread(const std::string& name) {
  ::pthread_setname_np(::pthread_self(), name.c_str());
  if (name == "handler") return;
  // Behind where the process stands: one that was started with a niceness of its own may come forward again only as
  // root, and would then stand before its handler.
  const auto self = static_cast<id_t>(::gettid());
  const int niceness = ::getpriority(PRIO_PROCESS, self) + commandhandler::behind_the_handler;
  if (::setpriority(PRIO_PROCESS, self, std::min(niceness, most_niceness)) != 0)
    daemon_log::warn(fmt::format("{} cannot be put behind the handler ({}): with few cores receipts take longer", name,
                                 std::strerror(errno)));
}

}  // namespace

Loops::~Loops() { stop_.set(); }  // before its threads are joined

void Loops::start(const std::string& name, std::function<void(events::Stop&)> run) {
  auto& failure = failures_.emplace_back(std::make_unique<std::exception_ptr>());
  threads_.emplace_back([this, name, run = std::move(run), &failed = *failure] {
    prepare_thread(name);
    try {
      run(stop_);
      daemon_log::info(name + " stopped");
    } catch (...) {
      failed = events::current_failure();
      stop_.set();
    }
  });
}

void Loops::join() {
  threads_.clear();
  for (const auto& failure : failures_)
    if (*failure) std::rethrow_exception(*failure);
}

}  // namespace catlog
