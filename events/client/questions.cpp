#include "events/client/questions.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "events/bus/bus.h"
#include "events/error.h"

namespace catlog::events {

using std::chrono::milliseconds;

namespace {

constexpr size_t questions_open = 2;

}  // namespace

void fail_unknown(std::string_view what) {
  throw Failure(Exit::failure, fmt::format("{} cannot be read: the other side is no catlog of this version", what));
}

// `/read/from: …`, or `read.from: …` as an earlier release said it, is about another history; anything else is a bad
// question.
void fail_refused(std::string_view words) {
  const std::string_view field = words.substr(0, words.find(':'));
  Exit code = Exit::usage;
  for (const auto& [group, name] : {std::pair{"read", "logId"},
                                    {"read", "from"},
                                    {"read", "lastCommandId"},
                                    {"waitFor", "logId"},
                                    {"waitFor", "position"}})
    if (field == fmt::format("{}.{}", group, name) || field == fmt::format("/{}/{}", group, name)) code = Exit::refused;
  throw Failure(code, fmt::format("the replay socket refuses: {}", words));
}

Questions::Questions(zmq::context_t& context, std::string endpoint, milliseconds answer_within, milliseconds ask_again,
                     const std::optional<ClientKeys>& keys)
    : endpoint_(std::move(endpoint)),
      connection_(context, endpoint_, questions_open, keys),
      silence_(answer_within),
      since_sent_(ask_again) {}

void Questions::ask(std::string request) {
  forget_ahead();
  ++number_;
  asked_ = std::move(request);
  silence_.begin();
  send(number_, asked_);
}

void Questions::ask_ahead(std::string request) {
  CATLOG_CHECK(is_open() && !has_ahead());
  ahead_ = std::move(request);
  send(number_ + 1, ahead_);
}

void Questions::go_on(std::string request) {
  CATLOG_CHECK(!is_open() && has_ahead());
  ahead_.clear();
  ++number_;
  asked_ = std::move(request);
  silence_.begin();
  since_sent_.begin();
}

void Questions::forget_ahead() {
  if (!std::exchange(ahead_, {}).empty()) ++number_;
}

void Questions::send(uint64_t number, std::string_view request) {
  since_sent_.begin();
  connection_.send({std::to_string(number), encoding_frame(Encoding::json), request});
}

std::optional<std::vector<zmq::message_t>> Questions::answer(Clock::time_point until, std::string_view told_besides) {
  for (;;) {
    const auto left = std::max(std::chrono::ceil<milliseconds>(until - Clock::now()), milliseconds(0));
    const auto came = connection_.wait(std::min({left, silence_.step(), since_sent_.step()}));
    silence_.look();
    since_sent_.look();
    switch (came) {
      case Connection::Came::connection:
        send(number_, asked_);
        if (has_ahead()) send(number_ + 1, ahead_);
        break;
      case Connection::Came::answer:
        // One to an earlier request, over a connection that was lost, is of no use any more.
        if (auto frames = connection_.receive();
            frames.size() >= 3 && frames[0].to_string_view() == std::to_string(number_)) {
          asked_.clear();
          frames.erase(frames.begin(), frames.begin() + 2);
          return frames;
        }
        break;
      case Connection::Came::nothing:
        connection_.check_admission();
        if (silence_.is_too_long())
          throw Failure(Exit::unreachable,
                        fmt::format("{} does not answer for {} s: is the daemon running?{}", endpoint_,
                                    static_cast<double>(silence_.limit().count()) / 1e3, told_besides));
        if (since_sent_.is_too_long()) {
          since_sent_.begin();
          connection_.drop();
        }
        if (Clock::now() >= until) return {};
        break;
    }
  }
}

}  // namespace catlog::events
