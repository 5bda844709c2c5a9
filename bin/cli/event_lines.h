#pragma once
#include <memory>
#include <sstream>
#include <string>

#include "projector/query/format.h"
#include "projector/query/made_rows.h"
#include "projector/query/rows_out.h"

namespace catlog::events {
class RecordReader;
}

namespace catlog::cli {

// Events in the formats of `catlog sql`. json and jsonl: each as it is in the log; the others: a row each, with the
// event's own values as JSON in the last column. Secrets are left out.
class EventLines {
 public:
  explicit EventLines(projector::Style style);
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

  projector::Style style_;
  bool is_json_, is_first_ = true;
  std::string documents_;
  // Of rows:
  std::ostringstream text_;
  std::unique_ptr<projector::MadeRows> rows_;
  std::unique_ptr<projector::RowsOut> out_;
};

}  // namespace catlog::cli
