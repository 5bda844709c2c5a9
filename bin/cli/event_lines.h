#pragma once
#include <memory>
#include <sstream>
#include <string>

#include "projector/names/names.h"
#include "projector/query/format.h"
#include "projector/query/made_rows.h"
#include "projector/query/rows_out.h"

namespace catlog::events {
class RecordReader;
}

namespace catlog::cli {

// Events in the formats of `catlog sql`. json and jsonl: each as it is in the log, and `names` behind it; the others: a
// row each, with the event's own values and its names as JSON in the last columns. Secrets are left out.
class EventLines {
 public:
  EventLines(projector::Style style, projector::Names& names);
  EventLines(const EventLines&) = delete;
  // Only kept: the record may be one of a snapshot.
  void take(const events::RecordReader& record);
  // To stdout, what was taken since. Throws Failure(failure) when it cannot be written.
  void write();
  // After the last.
  void finish();

 private:
  void take_json(const events::RecordReader& record);
  void take_row(const events::RecordReader& record);
  std::string names_of(const events::RecordReader& record);

  projector::Style style_;
  projector::Names& names_;
  bool is_json_, is_first_ = true;
  std::string documents_;
  // Of rows:
  std::ostringstream text_;
  std::unique_ptr<projector::MadeRows> rows_;
  std::unique_ptr<projector::RowsOut> out_;
};

}  // namespace catlog::cli
