#pragma once
#include <string>
#include <vector>

#include "events/schema/model.h"

namespace catlog::projector {

// The SQL of one kind of event. Parameters: ?1 the row's id (for links: the owner's), ?2 recordedAt, ?3 the owner's
// id, from ?4 the event's columns in schema order, without `id`.
struct EventSql {
  std::vector<std::string> before;  // children, links to be replaced: any number of rows
  std::string main;                 // must change exactly one row; of a list: once for each element
  std::string existing;             // instead, where main changed nothing because the row is there; empty: none
  std::string touch;                // the owner's `updated` column: exactly one row; empty: none
};

constexpr int id_parameter = 1;
constexpr int recorded_at_parameter = 2;
constexpr int owner_parameter = 3;
constexpr int first_column_parameter = 4;

EventSql sql_of(const events::EventType& type);

// The columns that become parameters.
std::vector<const events::Column*> bound_columns(const events::EventType& type);

}  // namespace catlog::projector
