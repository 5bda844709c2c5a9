#include "bin/daemon/cluster.h"

#include <fmt/format.h>

#include <chrono>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>
#include <utility>

#include "bin/service/daemon_log.h"
#include "bin/service/program.h"
#include "events/error.h"
#include "store/engine/follow.h"

namespace catlog {

namespace {

constexpr std::chrono::milliseconds ask_again{200};
constexpr std::chrono::seconds keep_every{1};

void tell_silence(const std::string& words) {
  if (words.empty())
    daemon_log::info("the cluster's engine answers again");
  else
    daemon_log::warn(words);
}

}  // namespace

ClusterNode::ClusterNode(const ClusterOptions& options, store::Log& log)
    : options_(options), log_(log), engine_(make_engine(options)) {
  const auto if_empty = options.is_begun ? store::engine::IfEmpty::begin : store::engine::IfEmpty::refuse;
  for (bool is_told = false;;) {
    try {
      store::engine::join(*engine_, log_, if_empty);
      return;
    } catch (const store::engine::Unreachable& why) {
      if (!std::exchange(is_told, true)) tell_silence(why.what());
      std::this_thread::sleep_for(ask_again);
      if (is_told_to_end())
        throw events::Failure(events::Exit::failure, "told to end before the cluster's engine answered");
    }
  }
}

void ClusterNode::open(zmq::context_t& context, const commandhandler::HandlerOptions& options,
                       store::StateStore& states) {
  front_ = std::make_unique<commandhandler::Front>(context, options);
  make_handler_ = [this, &context, options, &states](commandhandler::Handler::Lead lead) {
    return std::make_unique<commandhandler::Handler>(log_, states, context, options, std::move(lead));
  };
}

void ClusterNode::run(events::Stop& stop) {
  const store::engine::Member member{options_.node, options_.endpoint, options_.nodes, options_.kept_bytes};
  std::unique_ptr<store::engine::Leadership> leadership;
  {
    commandhandler::Standby standby(log_, *engine_, member, *front_, tell_silence);
    leadership = standby.run(stop);
  }
  if (leadership) lead(stop, *leadership);
}

void ClusterNode::lead(events::Stop& stop, store::engine::Leadership& leadership) {
  daemon_log::info(
      fmt::format("{} leads from position {} on (term {})", options_.node, log_.head(), leadership.term()));
  try {
    const auto handler = make_handler_({std::move(front_), leadership});
    std::exception_ptr failed;
    std::jthread keeper([&](const std::stop_token& token) {
      std::mutex mutex;
      std::condition_variable_any ended;
      std::unique_lock lock(mutex);
      try {
        do {
          leadership.keep(log_.head());
        } while (!ended.wait_for(lock, token, keep_every, [&token] { return token.stop_requested(); }));
      } catch (...) {
        failed = std::current_exception();
        stop.set();
      }
    });
    handler->run(stop);
    keeper.request_stop();
    keeper.join();
    if (failed) std::rethrow_exception(failed);
  } catch (const store::engine::LeadLost& lost) {
    leadership.resign();
    throw events::Failure(
        events::Exit::failure,
        fmt::format("{}: this process ends, and follows when it is started again; what got no receipt "
                    "is to be sent again",
                    lost.what()));
  } catch (...) {
    leadership.resign();
    throw;
  }
  leadership.resign();
}

}  // namespace catlog
