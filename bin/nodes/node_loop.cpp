#include "bin/nodes/node_loop.h"

#include <fmt/format.h>

#include <chrono>
#include <exception>
#include <utility>

#include "bin/nodes/lists.h"
#include "events/bus/sockets.h"

namespace catlog::nodes {
namespace {

using commandhandler::KeyFolder;

constexpr std::chrono::milliseconds longest_rest{1'000};
constexpr int unanswered = 64, queued = 64;      // requests of one peer
constexpr size_t piece_bytes = size_t{4} << 20;  // of records in one answer, and one record more

std::vector<std::string> no(std::string why) { return {"no", std::move(why)}; }

}  // namespace

NodeLoop::NodeLoop(zmq::context_t& context, const events::Gate& gate, const std::string& endpoint,
                   const store::Log& log, const events::DataDirectory& data)
    : log_(log),
      data_(data),
      keys_(data.keys()),
      asked_(context, "", {unanswered, queued}, door_at(endpoint, gate), events::Doing::share) {}

events::Door NodeLoop::door_at(const std::string& endpoint, const events::Gate& gate) {
  return {{{endpoint, events::Speech::encrypted}}, &gate, [this](const std::string& bound) { endpoint_ = bound; }};
}

void NodeLoop::run(events::Stop& stop) {
  while (!stop.is_set()) {
    heartbeat_.beat();
    events::wait_for_any(stop, {&asked_.socket()}, longest_rest);
    asked_.take_credits();
    while (auto request = asked_.receive()) {
      reply(*request, answer(*request));
      heartbeat_.beat();
    }
  }
}

NodeLoop::Frames NodeLoop::answer(const events::Request& asked) try {
  if (!asked.malformed.empty()) return no(asked.malformed);
  if (!events::may(asked.from.role, events::Doing::share)) return no("only nodes of the cluster are answered here");
  const auto request = parse_request(asked.bytes());
  if (!request) return no("a request begins with a line");
  const auto word = request->words[0];
  if (word == "keys") return answer_keys(*request);
  if (word == "key") return answer_key(*request);
  if (word == "find") return answer_find(*request);
  if (word == "put") return answer_put(*request);
  if (word == "groups") return answer_groups(*request);
  if (word == "lists") return {"ok", describe_lists(data_, log_.id())};
  if (word == "records") return answer_records(*request);
  return no("this version does not know what is asked for");
} catch (const std::exception& failure) {  // a full disk, a folder that is not ours: one request's trouble
  return no(failure.what());
}

NodeLoop::Frames NodeLoop::answer_keys(const Request& request) {
  if (request.words.size() == 2 && request.words[1] == keys_.digest()) return {"ok", "same"};
  return {"ok", "these", to_lines(keys_.names())};
}

NodeLoop::Frames NodeLoop::answer_key(const Request& request) const {
  const auto name = request.words.size() == 2 ? commandhandler::parse_key_name(request.words[1]) : std::nullopt;
  if (!name) return no("key NAME");
  const auto key = keys_.folder().read(*name);
  if (!key) return no("there is no such key");
  return {"ok", key->bytes};
}

NodeLoop::Frames NodeLoop::answer_find(const Request& request) {
  const auto user = request.words.size() == 2 ? parse_number(request.words[1]) : std::nullopt;
  if (!user) return no("find USER");
  const auto& keys = keys_.names().keys;
  const auto user_id = static_cast<int64_t>(*user);
  for (auto at = keys.lower_bound({user_id, ""}); at != keys.end() && at->user_id == user_id; ++at)
    if (const auto key = keys_.folder().read(*at)) return {"ok", to_text(key->name), key->bytes};
  return {"ok"};
}

NodeLoop::Frames NodeLoop::answer_put(const Request& request) {
  const auto name = request.words.size() == 2 ? commandhandler::parse_key_name(request.words[1]) : std::nullopt;
  if (!name || request.rest.size() != commandhandler::sealing_key_bytes) return no("put NAME, and the key");
  keys_.forget();
  const auto kept = keys_.folder().keep({*name, std::string(request.rest)});
  return {"ok", kept == KeyFolder::Kept::kept ? "kept" : "destroyed"};
}

NodeLoop::Frames NodeLoop::answer_groups(const Request& request) const {
  const Groups groups = read_groups(data_.groups());
  if (request.words.size() == 2 && request.words[1] == digest_of(groups)) return {"ok", "same"};
  Frames frames{"ok", "these"};
  add_frames(groups, frames);
  if (groups.empty()) frames.emplace_back();
  return frames;
}

NodeLoop::Frames NodeLoop::answer_records(const Request& request) const {
  const auto from = request.words.size() == 3 ? parse_number(request.words[1]) : std::nullopt;
  const auto trusted = request.words.size() == 3 ? parse_number(request.words[2]) : std::nullopt;
  if (!from || !trusted) return no("records FROM TRUSTED");
  const auto piece = store::engine::piece_of(log_, *from, *trusted, piece_bytes);
  if (!piece) return no("this node's log does not reach that far");
  Frames frames = encode(*piece);
  frames.insert(frames.begin(), "ok");
  return frames;
}

void NodeLoop::reply(events::Request& request, const Frames& frames) {
  const std::vector<std::string_view> before(frames.begin(), frames.end() - 1);
  asked_.reply(request, events::Encoding::json, before, frames.back());
}

}  // namespace catlog::nodes
