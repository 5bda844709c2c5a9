#include "bin/daemon/cluster.h"

#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>
#include <utility>

#include "bin/service/daemon_log.h"
#include "bin/service/program.h"
#include "events/error.h"
#include "events/text/json_text.h"
#include "store/engine/follow.h"
#include "store/files/own_file.h"

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
  const store::engine::Member member{options_.node, options_.endpoint, options_.nodes, options_.kept_bytes, &counters_};
  std::unique_ptr<store::engine::Leadership> leadership;
  {
    counters_.is_answering.set(1);
    commandhandler::Standby standby(log_, *engine_, member, *front_, [this](const std::string& words) {
      counters_.is_answering.set(words.empty() ? 1 : 0);
      tell_silence(words);
    });
    leadership = standby.run(stop);
  }
  if (leadership) lead(stop, *leadership);
}

void ClusterNode::lead(events::Stop& stop, store::engine::Leadership& leadership) {
  daemon_log::info(
      fmt::format("{} leads from position {} on (term {})", options_.node, log_.head(), leadership.term()));
  counters_.term.set(leadership.term());
  counters_.see(store::engine::Leader{leadership.term(), options_.node, options_.endpoint});
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

// Always of the same length and written over itself, as the handler's.
void ClusterNode::write_status(const std::filesystem::path& file) {
  constexpr size_t length = 4'096;
  const auto seen = counters_.seen();
  std::string text =
      fmt::format(R"({{"leads":{},"term":{},"engineAnswers":{},"name":)", counters_.term.read() != 0 ? "true" : "false",
                  counters_.term.read(), counters_.is_answering.read() != 0 ? "true" : "false");
  events::write_json_text(options_.node, text);
  text += R"(,"leader":)";
  events::write_json_text(seen.leader, text);
  text += R"(,"holds":{)";
  for (const auto& [node, position] : seen.holds) {
    if (text.size() + node.size() * 6 + 32 > length) break;  // names of strangers
    if (text.back() != '{') text += ',';
    events::write_json_text(node, text);
    text += fmt::format(":{}", position);
  }
  text += "}}";
  text.resize(length, ' ');
  text.back() = '\n';
  if (text == status_) return;
  const auto own = store::OwnFile::open(file, store::Opening::update, store::shared_file);
  if (own && ::pwrite(own->fd(), text.data(), text.size(), 0) == static_cast<ssize_t>(length)) status_ = text;
}

}  // namespace catlog
