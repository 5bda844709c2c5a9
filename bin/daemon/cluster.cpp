#include "bin/daemon/cluster.h"

#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <string_view>
#include <thread>
#include <utility>

#include "bin/keys/bus_keys.h"
#include "bin/service/daemon_log.h"
#include "bin/service/program.h"
#include "commandhandler/without_room.h"
#include "events/error.h"
#include "events/heartbeat.h"
#include "events/text/json_text.h"
#include "store/engine/follow.h"
#include "store/files/disk_space.h"
#include "store/files/own_file.h"
#include "store/membership.h"

namespace catlog {

namespace {

constexpr std::chrono::milliseconds ask_again{200};
constexpr std::chrono::seconds keep_every{1};
constexpr std::chrono::minutes longest_beginning{10};  // what the stored state lacks is read from the log

void tell_silence(const std::string& words) {
  if (words.empty())
    daemon_log::info("the cluster's engine answers again");
  else
    daemon_log::warn(words);
}

// Both ends of what nodes say to each other prove themselves by the one pair that they have in common.
events::ClientKeys common_keys(const ClusterOptions& options, const events::DataDirectory& data) {
  if (!options.has_peers()) return {};
  if (!options.is_begun && !keys::has_server_keys(data))
    throw events::Failure(events::Exit::usage,
                          fmt::format("nodes of a cluster know each other by one key: copy bus-keys/server.key of "
                                      "another node to {} (mode 0600, the daemon's user's)",
                                      (data.bus_keys() / "server.key").string()));
  const auto pair = keys::server_keys(data);
  return {pair.public_key, pair.public_key, pair.secret_key};
}

// As a string of JSON, cut where that has more bytes than `longest`; whole characters.
std::string json_text_within(std::string_view text, size_t longest) {
  text = text.substr(0, longest);  // no byte becomes less than one
  while (true) {
    std::string written;
    events::write_json_text(text, written);
    if (written.size() <= longest || text.empty()) return written;
    size_t kept = text.size() - 1;
    while (kept > 0 && (static_cast<unsigned char>(text[kept]) & 0xC0) == 0x80) --kept;
    text = text.substr(0, kept);
  }
}

}  // namespace

ClusterNode::ClusterNode(const ClusterOptions& options, store::Log& log, zmq::context_t& context,
                         const events::DataDirectory& data)
    : options_(options),
      log_(log),
      context_(context),
      data_(data),
      addresses_(peer_addresses(options)),
      keys_(common_keys(options, data)),
      engine_(make_engine(options)),
      handlers_peers_(context, addresses_.others, keys_),
      loops_peers_(context, addresses_.others, keys_),
      records_(handlers_peers_),
      shared_keys_(handlers_peers_, options.nodes) {
  // An order counts before it is carried out: what the engine was told is the cluster's.
  if (options.is_begun) store::set_membership(data.root, options.name);
  const auto if_empty = options.is_begun ? store::engine::IfEmpty::begin : store::engine::IfEmpty::refuse;
  for (bool is_told = false;;) {
    try {
      store::engine::join(*engine_, log_, if_empty, options_.has_peers() ? &records_ : nullptr);
      store::set_membership(data.root, options.name);
      return;
    } catch (const store::engine::Unreachable& why) {
      if (!std::exchange(is_told, true)) tell_silence(why.what());
      std::this_thread::sleep_for(ask_again);
      if (is_told_to_end())
        throw events::Failure(events::Exit::failure, "told to end before the cluster's engine answered");
    }
  }
}

void ClusterNode::open(const commandhandler::HandlerOptions& options, store::StateStore& states,
                       const events::Gate& gate) {
  front_ = std::make_shared<commandhandler::Front>(context_, options);
  min_free_bytes_ = options.min_free_bytes;
  make_handler_ = [this, options, &states](commandhandler::Handler::Lead lead) {
    return std::make_unique<commandhandler::Handler>(log_, states, context_, options, std::move(lead));
  };
  if (!options_.has_peers()) return;
  node_loop_.emplace(context_, gate, addresses_.own, log_, data_);
  daemon_log::info("other nodes are answered at " + node_loop_->endpoint());
  for (const auto& other : addresses_.others) counters_.see_trouble(other.name, "");
  copy_loop_.emplace(loops_peers_, data_, log_.id(), [this](const std::string& name, const std::string& words) {
    counters_.see_trouble(name, words);
    if (words.empty())
      daemon_log::info(fmt::format("node {}: all is well", name));
    else
      daemon_log::warn(fmt::format("node {}: {}", name, words));
  });
}

projector::OtherNodes ClusterNode::others() {
  return {[this]() -> std::optional<events::Position> {
    try {
      const auto tip = engine_->tip();
      if (tip) return tip->head.size;
    } catch (const events::Failure& failure) {
      daemon_log::warn(failure.what());
    } catch (const store::engine::Unreachable&) {  // whoever follows or leads tells of it
    }
    return {};
  }};
}

void ClusterNode::run(events::Stop& stop) {
  const store::engine::Member member{options_.node,       options_.endpoint, options_.nodes,
                                     options_.kept_bytes, &counters_,        keys_.server_key};
  std::unique_ptr<store::engine::Leadership> leadership;
  {
    counters_.is_answering.set(1);
    using Trouble = commandhandler::Standby::Trouble;
    const auto tell = [this](Trouble what, const std::string& words) {
      switch (what) {
        case Trouble::engine:
          counters_.is_answering.set(words.empty() ? 1 : 0);
          return tell_silence(words);
        case Trouble::others:
          if (words.empty())
            return daemon_log::info("other nodes have what the engine does not keep any more: this one goes on");
          return daemon_log::warn(words);
        case Trouble::room:
          if (words.empty()) return daemon_log::info("there is space on the disk again: this node goes on");
          return daemon_log::warn("there is no space left on the disk: this node stands still until there is (" +
                                  words + ")");
        case Trouble::little_room:
          if (words.empty()) return;
          return daemon_log::warn("less than twice min-free-bytes is free: this node stands for the lead only after " +
                                  words);
      }
    };
    const auto stands_after = [this] {
      return commandhandler::stands_after(store::free_bytes(data_.root), min_free_bytes_);
    };
    commandhandler::Standby standby(log_, *engine_, member, *front_, tell, options_.has_peers() ? &records_ : nullptr,
                                    stands_after);
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
    const auto handler = [&] {
      const events::Heartbeat::LongStep beginning(front_->numbers->handler.heartbeat, longest_beginning);
      return make_handler_({front_, leadership, options_.has_peers() ? &shared_keys_ : nullptr});
    }();
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

std::string cluster_status(const std::string& own_name, const store::engine::EngineCounters& counters) {
  const auto seen = counters.seen();
  std::string text =
      fmt::format(R"({{"leads":{},"term":{},"engineAnswers":{},"name":)", counters.term.read() != 0 ? "true" : "false",
                  counters.term.read(), counters.is_answering.read() != 0 ? "true" : "false");
  events::write_json_text(own_name, text);
  text += R"(,"leader":)" + json_text_within(seen.leader, cluster_status_bytes / 4);
  text += R"(,"holds":{)";
  for (const auto& [node, position] : seen.holds) {
    if (text.size() + node.size() * 6 + 32 > cluster_status_bytes / 2) break;  // names of strangers
    if (text.back() != '{') text += ',';
    events::write_json_text(node, text);
    text += fmt::format(":{}", position);
  }
  text += R"(},"troubles":{)";
  // Each node's name is there, and of what is said of it as much as of any other.
  size_t in_trouble = 0, left = cluster_status_bytes - text.size() - std::string_view("}}\n").size();
  for (const auto& [node, words] : seen.troubles) {
    if (words.empty()) continue;
    ++in_trouble;
    left -= node.size() + std::string_view(R"("":,)").size();
  }
  for (const auto& [node, words] : seen.troubles) {
    if (words.empty()) continue;
    if (text.back() != '{') text += ',';
    events::write_json_text(node, text);
    text += ':' + json_text_within(words, left / in_trouble);
  }
  text += "}}";
  text.resize(cluster_status_bytes, ' ');
  text.back() = '\n';
  return text;
}

// Always of the same length and written over itself, as the handler's.
void ClusterNode::write_status(const std::filesystem::path& file) {
  std::string text = cluster_status(options_.node, counters_);
  if (text == status_) return;
  const auto own = store::OwnFile::open(file, store::Opening::update, store::shared_file);
  if (own && ::pwrite(own->fd(), text.data(), text.size(), 0) == static_cast<ssize_t>(text.size())) status_ = text;
}

}  // namespace catlog
