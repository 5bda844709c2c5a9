#include "commandhandler/senders.h"

#include <algorithm>
#include <optional>
#include <string>

#include <fmt/format.h>

#include "events/schema/model.h"

namespace catlog::commandhandler {
namespace {

using events::Doing;
using events::schema::Command;

// What trackers, schedulers and timers tell, whatever user they name.
constexpr Command::Which of_services[] = {Command::REPORT_TRANSFER, Command::FAIL_DOWNLOAD,
                                          Command::EXPIRE_REFRESH_TOKENS, Command::OBSERVE_SWARM, Command::RECORD_SYNC};

bool names_user(Command::Reader command) { return command.getActor().getUserId() != events::absent_int; }

// Why it speaks for a service; empty: it does not.
std::string of_service(Command::Reader command) {
  if (std::ranges::find(of_services, command.which()) == std::end(of_services)) return {};
  const auto* type = events::model().command(static_cast<uint16_t>(command.which()));
  return fmt::format("{} is a service's to send", type ? type->name : "this");
}

std::string why_service(Command::Reader command) {
  constexpr const char* no_user = "it names no user in actor.userId, so it speaks for a service";
  if (!command.isBatch()) {
    auto why = of_service(command);
    return why.empty() && !names_user(command) ? no_user : why;
  }
  for (auto member : command.getBatch().getCommands()) {
    auto why = of_service(member);
    if (!why.empty()) return why;
    if (!names_user(command) && !names_user(member)) return no_user;
  }
  return {};
}

}  // namespace

OrRefusal<void> check_sender(const events::Peer& sender) {
  const auto why = events::why_not(sender, Doing::send);
  if (why.empty()) return {};
  return refuse(RefusalCode::FORBIDDEN, "", why);
}

OrRefusal<void> check_sender(const events::Peer& sender, Command::Reader command) {
  if (events::may(sender.role, Doing::speak_for_service)) return {};
  const auto why = why_service(command);
  if (why.empty()) return {};
  return refuse(RefusalCode::FORBIDDEN, "/actor",
                fmt::format("{}; that needs a key: ask whoever runs the daemon for one of a producer", why));
}

}  // namespace catlog::commandhandler
