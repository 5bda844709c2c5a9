#include "bin/cli/log_filter.h"

#include "events/schema/record.h"

#include <fmt/format.h>

#include "bin/cli/moment.h"
#include "bin/cli/row_name.h"
#include "events/schema/model.h"

namespace catlog::cli {

using events::Exit;
using events::Failure;

LogFilter::LogFilter(Syntax syntax) {
  syntax.option("--type", type_, "Only events of one type: movieRated");
  syntax.option("--table", table_, "Only events of rows of one table: movie_translations");
  syntax.option("--actor", actor_, "Only what one user did, by id or name: 7, ada");
  syntax.option("--command", command_, "Only the events of one command, or of one batch, by its id");
  syntax.option("--correlation", correlation_, "Only events with this correlation id, such as an import's");
  syntax.option("--since", since_, "Only events from a time on, or from a day (UTC), as --from");
  syntax.option("--until", until_, "Only events up to a time, or up to a day's beginning, as --to");
}

void LogFilter::prepare(const Settings& settings, const store::Log& log) {
  if (!type_.empty() && !events::model().event(type_))
    throw Failure(Exit::usage, fmt::format("there is no event type {}; `catlog describe` lists what there are", type_));
  if (!table_.empty()) static_cast<void>(table_is_link(table_));  // there must be one of that name
  if (!actor_.empty()) actor_id_ = row_id_of(settings, log, "users", actor_, {.ever = true, .up_to = {}});
  if (!command_.empty()) {
    command_id_ = events::parse_uuid(command_);
    if (!command_id_) throw Failure(Exit::usage, fmt::format("{} is no command's id, which is a UUID", command_));
  }
  // As the events have it (events/PROTOCOL.md, "One thing, one identity").
  if (const auto uuid = events::parse_uuid(correlation_)) correlation_ = events::to_string(*uuid);
  if (!since_.empty()) first_ = first_from(log, since_);
  if (!until_.empty()) last_ = last_until(log, until_);
}

bool LogFilter::agrees(const events::RecordReader& record) const {
  const auto* type = events::model().event(static_cast<uint16_t>(record.getEvent().which()));
  if (!type_.empty() && (!type || type->name != type_)) return false;
  if (!table_.empty() && (!type || events::model().entity(type->entity).table != table_)) return false;
  if (actor_id_ && record.getActor().getUserId() != *actor_id_) return false;
  if (!correlation_.empty() && record.getCorrelationId() != correlation_.c_str()) return false;
  return !command_id_ || events::uuid_of(record.getCommandId()) == *command_id_ ||
         (record.hasBatch() && events::uuid_of(record.getBatch().getId()) == *command_id_);
}

}  // namespace catlog::cli
