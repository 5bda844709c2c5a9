#include "bin/cli/row_name.h"

#include "events/schema/record.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "bin/cli/open.h"
#include "bin/cli/output.h"
#include "bin/cli/progress.h"
#include "commandhandler/state/row.h"
#include "commandhandler/state/user_name.h"
#include "projector/sqlite/checkpoint.h"
#include "projector/sqlite/sqlite.h"
#include "store/records.h"

namespace catlog::cli {

using events::Entity;
using events::Exit;
using events::Failure;
using projector::Scope;
using projector::StreamKey;

namespace {

// Reads the whole text as an id; 0 when it is none.
int64_t id_in(std::string_view text) {
  int64_t id = 0;
  const char* end = text.data() + text.size();
  const auto [read_to, error] = std::from_chars(text.data(), end, id);
  return error == std::errc() && read_to == end && id > 0 ? id : 0;
}

const events::EntityModel& table_named(const std::string& name) {
  std::string names;
  for (const auto& entity : events::model().entities()) {
    if (entity.table.empty()) continue;
    if (entity.table == name) return entity;
    names += " " + entity.table;
  }
  throw Failure(Exit::usage, fmt::format("there is no table {}; there are{}", name, names));
}

constexpr std::string_view id_suffix = "Id";

// "tmdb" of an index over tmdbId; nothing for any other.
std::string_view prefix_of(const events::Index& index) {
  if (index.columns.size() != 1 || index.by_identity || !index.columns.front().ends_with(id_suffix)) return {};
  return std::string_view(index.columns.front()).substr(0, index.columns.front().size() - id_suffix.size());
}

// How rows of a table are named: "movies/42, movies/tmdb:.. or movies/imdb:..".
std::string names_of_rows(const events::EntityModel& entity) {
  std::string names = fmt::format("{}/42", entity.table);
  for (const auto& index : entity.indexes)
    if (const auto prefix = prefix_of(index); !prefix.empty())
      names += fmt::format(" or {}/{}:..", entity.table, prefix);
    else if (index.unique && index.columns.size() == 1 && !index.by_identity)
      names += fmt::format(" or {}/ and a {}", entity.table, index.columns.front());
  return names;
}

// "tmdb:603" is the column tmdbId's where there is one; any other name is the natural key's, when that is one column.
std::pair<const events::Index*, std::string> key_of(const events::EntityModel& entity, const std::string& name) {
  const size_t colon = name.find(':');
  const events::Index* natural = nullptr;
  for (const auto& index : entity.indexes) {
    if (index.columns.size() != 1 || index.by_identity) continue;
    if (colon != std::string::npos && prefix_of(index) == std::string_view(name).substr(0, colon))
      return {&index, name.substr(colon + 1)};
    if (index.unique && !natural) natural = &index;
  }
  if (natural) return {natural, name};
  throw Failure(Exit::usage,
                fmt::format("{} names no row of {}: write its id, such as {}/42", name, entity.table, entity.table));
}

// The ids of rows with this value, at most two.
std::vector<int64_t> rows_with(const projector::Database& database, const std::string& table, const std::string& column,
                               const std::string& value) {
  projector::Statement rows(
      database, projector::Sql::generated(fmt::format("SELECT id FROM {} WHERE {} = ?1 LIMIT 2", table, column)));
  rows.bind(1, std::string_view(value));
  std::vector<int64_t> ids;
  while (rows.step()) ids.push_back(rows.integer(0));
  return ids;
}

// Rows, each with a stream of its own, to which an event gave a value, in the order in which they got it last.
struct RowsByName {
  std::vector<int64_t> now;   // that have it at the position asked for
  std::vector<int64_t> ever;  // that had it up to there
};

RowsByName rows_by_log(const store::Log& log, const events::EntityModel& entity, const std::string& column,
                       const std::string& value, events::Position up_to) {
  RowsByName ids;
  ProgressBar bar("reading the log");
  store::for_each_record(log, 1, up_to, [&](const events::RecordReader& record) {
    bar.update(record.getPosition(), up_to);
    const auto* type = events::model().event(static_cast<uint16_t>(record.getEvent().which()));
    if (!type || type->entity != entity.entity) return true;
    if (type->op == events::Op::REMOVE) std::erase(ids.now, record.getStreamId());
    const auto set = std::ranges::find(type->columns, column, &events::Column::name);
    if (set == type->columns.end()) return true;
    const auto group = events::columns_in(*type, record);
    const bool is_it = set->kind == events::Kind::text ? events::text_in(*set, group) == value
                                                       : std::to_string(events::integer_in(*set, group)) == value;
    std::erase(ids.now, record.getStreamId());
    if (!is_it) return true;
    std::erase(ids.ever, record.getStreamId());
    ids.ever.push_back(record.getStreamId());
    ids.now.push_back(record.getStreamId());
    return true;
  });
  return ids;
}

// Of those that the log knows by this name the one that is meant.
int64_t row_by_log(const store::Log& log, const events::EntityModel& entity, const events::Index& index,
                   const std::string& value, events::Position up_to) {
  const std::string& column = index.columns.front();
  auto ids = rows_by_log(log, entity, column, value, up_to);
  if (ids.ever.empty() && entity.entity == Entity::USER)
    ids = rows_by_log(log, entity, column, commandhandler::compared_user_name(value), up_to);
  if (ids.ever.empty())
    throw Failure(Exit::usage, fmt::format("up to position {} of the log there was no row of {} with {} {}; rows are "
                                           "named {}",
                                           up_to, entity.table, column, value, names_of_rows(entity)));
  const auto& meant = ids.now.empty() ? ids.ever : ids.now;
  const int64_t last = meant.back();
  const auto names_of = [&](auto begin, auto end) {
    std::string names;
    for (; begin != end; ++begin) names += fmt::format("{}{}/{}", names.empty() ? "" : ", ", entity.table, *begin);
    return names;
  };
  if (!index.unique && meant.size() > 1)
    throw Failure(Exit::usage,
                  fmt::format("several rows of {} have{} {} {}: {}", entity.table, ids.now.empty() ? " had" : "",
                              column, value, names_of(meant.begin(), meant.end())));
  const std::string before = names_of(ids.ever.begin(), std::ranges::find(ids.ever, last));
  tell("by the log, up to position {}, {} {} of {} is {}/{}{}\n", up_to, column, value, entity.table, entity.table,
       last, before.empty() ? "" : "; before it " + before);
  return last;
}

}  // namespace

bool table_is_link(const std::string& table) { return table_named(table).is_link; }

int64_t row_id_of(const Settings& settings, const store::Log& log, const std::string& table, const std::string& name,
                  const Among& among) {
  if (const int64_t id = id_in(name)) return id;
  const auto& entity = table_named(table);
  const auto [index, value] = key_of(entity, name);
  const std::string& column = index->columns.front();
  const auto current = settings.data.current_read_model();
  const bool is_in_log = among.ever && entity.stream == entity.entity;
  if (is_in_log && (among.up_to || !std::filesystem::exists(current)))
    return row_by_log(log, entity, *index, value, among.up_to.value_or(log.head()));
  require_read_model(settings);
  require_own_read_model(settings, log);
  const projector::Database database(current, projector::Open::read);
  auto ids = rows_with(database, table, column, value);
  // In whatever spelling; one that is older than the rule on names is found by its own.
  if (ids.empty() && entity.entity == Entity::USER)
    ids = rows_with(database, table, column, commandhandler::compared_user_name(value));
  if (ids.empty() && is_in_log) return row_by_log(log, entity, *index, value, log.head());
  if (ids.empty())
    throw Failure(
        Exit::usage,
        fmt::format("at position {} of the read model there is no row of {} with {} {}; one that was removed, or "
                    "that is not there yet, is named by its id; rows are named {}",
                    projector::read_checkpoint(database).position, table, column, value, names_of_rows(entity)));
  if (ids.size() > 1) throw Failure(Exit::usage, fmt::format("several rows of {} have {} {}", table, column, value));
  return ids.front();
}

std::string with_id(const Settings& settings, const store::Log& log, const std::string& name, const Among& among) {
  const size_t slash = name.find('/');
  const std::string table = name.substr(0, slash);
  if (table_is_link(table)) return name;
  const std::string row = slash == std::string::npos ? "" : name.substr(slash + 1);
  if (row.empty())
    throw Failure(Exit::usage, fmt::format("{} names no row of {}: rows are named {}", name, table,
                                           names_of_rows(table_named(table))));
  return fmt::format("{}/{}", table, row_id_of(settings, log, table, row, among));
}

Scope parse_row(const std::string& table, const std::string& id) {
  const auto& entity = table_named(table);
  const size_t comma = id.find(',');
  Scope scope;
  scope.extent = Scope::Extent::row;
  scope.entity = entity.entity;
  scope.id = id_in(std::string_view(id).substr(0, comma));
  if (comma != std::string::npos) scope.other = id_in(std::string_view(id).substr(comma + 1));
  if (scope.id == 0 || (comma != std::string::npos) != entity.is_link || (entity.is_link && scope.other == 0))
    throw Failure(Exit::usage,
                  fmt::format("{} names no row of {}: write it as {}", id, table, entity.is_link ? "42,16" : "42"));
  return scope;
}

Scope parse_scope(const std::string& text) {
  const size_t slash = text.find('/');
  const auto& entity = table_named(text.substr(0, slash));
  const std::string id = slash == std::string::npos ? "" : text.substr(slash + 1);
  if (entity.is_link && id_in(id) != 0)
    return {.extent = Scope::Extent::links, .entity = entity.entity, .id = id_in(id), .other = 0, .stream = {}};
  Scope scope = parse_row(entity.table, id);
  if (entity.stream == entity.entity) scope.extent = Scope::Extent::stream;
  return scope;
}

projector::StreamEnds stream_ends(const Settings& settings, const store::Log& log,
                                  std::function<void(events::Position, events::Position)> progress) {
  auto opened = usable_state(settings, log);
  if (!opened) return projector::StreamEnds(log, {}, std::move(progress));
  const auto state = std::make_shared<store::StateStore>(std::move(*opened));  // both functions below use it
  projector::Known known;
  known.at = state->snapshot().position();
  known.last_in_stream = [state](StreamKey stream) -> events::Position {
    const store::StateSnapshot snapshot = state->snapshot();
    const auto bytes = snapshot.get(commandhandler::row_key(stream.first, stream.second));
    return bytes ? commandhandler::decode_head(*bytes).last_position : 0;
  };
  known.owner = [state](Entity entity, int64_t id) -> std::optional<int64_t> {
    const store::StateSnapshot snapshot = state->snapshot();
    const auto bytes = snapshot.get(commandhandler::row_key(entity, id));
    if (!bytes) return {};
    return commandhandler::kept_int(commandhandler::decode_row(*bytes), entity, events::model().entity(entity).owner);
  };
  return projector::StreamEnds(log, std::move(known), std::move(progress));
}

void visit_history(const Settings& settings, const store::Log& log, Scope scope, std::optional<events::Position> up_to,
                   const std::function<void(projector::HistoryEntry)>& visit) {
  ProgressBar bar("reading the log");
  const auto ends =
      stream_ends(settings, log, [&bar](events::Position done, events::Position head) { bar.update(done, head); });
  const auto stream = ends.stream_of(scope.entity, scope.id);
  if (!stream) return;
  scope.stream = *stream;
  projector::HistoryOptions options;
  if (up_to) options.up_to = *up_to;
  options.left_out = open_left_out(settings, log);
  projector::visit_history(ends, scope, options, [&](projector::HistoryEntry entry) {
    bar.clear();
    visit(std::move(entry));
  });
}

StreamName parse_stream(const std::string& text) {
  const size_t slash = text.find('/');
  StreamName stream;
  stream.entity = events::model().stream_named(std::string_view(text).substr(0, slash));
  if (slash != std::string::npos && stream.entity != events::Entity::UNSET) {
    stream.id = id_in(std::string_view(text).substr(slash + 1));
    if (stream.id != 0) return stream;
  }
  std::string names;
  for (const auto& entity : events::model().entities())
    if (entity.entity != events::Entity::UNSET && entity.stream == entity.entity) names += " " + entity.table;
  throw Failure(Exit::usage, fmt::format("{} is no stream: write it as movies/42; there are{}", text, names));
}

events::Position last_in_stream(const Settings& settings, const store::Log& log, const StreamName& stream) {
  return stream_ends(settings, log).last({stream.entity, stream.id});
}

}  // namespace catlog::cli
