#include "bin/housekeeping/commands.h"

#include "events/schema/vocabulary.h"

#include <poll.h>

#include <algorithm>
#include <chrono>

#include <fmt/format.h>
#include <simdjson.h>

#include "bin/version.h"
#include "events/client/client.h"
#include "events/error.h"
#include "events/text/datetime.h"
#include "events/text/uuid.h"
#include "store/files/own_file.h"

namespace catlog::housekeeping {

namespace {

namespace schema = events::schema;
using events::Exit;
using events::Failure;

constexpr std::chrono::milliseconds look_for_stop_every{500}, ask_again_after{200};
constexpr int64_t least_pause_us = 1'000;
constexpr size_t max_handler_note_bytes = 64 * 1024;

Answer answer_of(schema::Receipt::Reader receipt) {
  if (receipt.isAccepted()) {
    const auto accepted = receipt.getAccepted();
    return {Verdict::accepted, accepted.getLastPosition() - accepted.getFirstPosition() + 1, {}};
  }
  if (receipt.isUnchanged()) return {Verdict::unchanged, 0, {}};
  const auto refused = receipt.getRefused();
  if (refused.getCode() == schema::RefusalCode::NOT_LEADER)
    // Nobody leads: whose housekeeping sends it then nobody knows yet.
    return {refused.getLeader().size() > 0 ? Verdict::elsewhere : Verdict::unanswered, 0, refused.getMessage().cStr()};
  return {Verdict::refused, 0, refused.getMessage().cStr()};
}

// Sends it over a connection of its own. unanswered: not for a moment, or nobody leads; it is to be asked again.
Answer ask(const std::string& endpoint, std::string_view command) try {
  Answer answer;
  events::Client client(endpoint, {.timeout = look_for_stop_every, .follows_leader = false});
  client.send(command, events::Encoding::json, [&](schema::Receipt::Reader receipt) { answer = answer_of(receipt); });
  client.finish();
  return answer;
} catch (const Failure& failure) {
  if (failure.code() == Exit::unreachable)
    return {Verdict::unanswered, 0, fmt::format("nobody answers at {}: does the handler run?", endpoint)};
  throw;
}

}  // namespace

std::string command_of(std::string_view task, std::string_view content) {
  return fmt::format(R"({{"id":"{}","actor":{{"userAgent":"{} {}"}},"correlationId":"housekeeping/{}",{})",
                     events::to_string(events::new_uuid()), service_name, version, task, content.substr(1));
}

// The same id again has no second effect, so that asking for a moment at a time is waiting for as long as it takes.
Answer BusCommands::send(std::string_view command) {
  pollfd stopping{stop_.fd(), POLLIN, 0};
  const auto is_stopped_within = [&](int64_t longest_ms) {
    return ::poll(&stopping, 1, static_cast<int>(longest_ms)) > 0;
  };
  if (is_stopped_within(took_us_ / 1'000)) return {Verdict::stopped, 0, {}};
  const int64_t begun_us = events::steady_now_us();
  while (true) {
    Answer answer = ask(endpoint_, command);
    const int64_t took_us = events::steady_now_us() - begun_us;
    if (answer.verdict != Verdict::unanswered) took_us_ = std::clamp(took_us, least_pause_us, longest_pause_between_us);
    if (answer.verdict != Verdict::unanswered || took_us >= longest_wait_us) return answer;
    if (is_stopped_within(ask_again_after.count())) return {Verdict::stopped, 0, {}};
  }
}

// The note may be an earlier handler's: one that has answered has written its own.
std::string BusCommands::clock_fault() {
  const Answer answer =
      send(command_of("clock", R"({"purgeAuditLogs":{"before":"1970-01-01T00:00:00Z"}})"));  // there is none to purge
  if (answer.verdict == Verdict::unanswered) return answer.words;
  if (answer.verdict == Verdict::elsewhere) return {};
  const std::string note = store::read_own_file(data_.handler_status(), max_handler_note_bytes).value_or("");
  simdjson::dom::parser parser;
  bool is_refused = false;
  if (parser.parse(note)["clockRefused"].get(is_refused) != simdjson::SUCCESS)
    return fmt::format("{} does not say whether this machine's clock is believed", data_.handler_status().string());
  if (!is_refused) return {};
  return "the clock of this machine is not believed: see \"The clock\" in RUNBOOK.md";
}

}  // namespace catlog::housekeeping
