#include "bin/cli/event_lines.h"

#include "events/schema/record.h"

#include <iostream>
#include <utility>

#include <fmt/format.h>

#include "bin/cli/output.h"
#include "events/codec/json.h"
#include "events/position.h"
#include "events/schema/model.h"
#include "events/text/datetime.h"
#include "events/text/uuid.h"

namespace catlog::cli {

using events::Exit;
using events::Failure;
using projector::Format;
using projector::MadeValue;

namespace {

// The event's own values.
std::string json_of_event(const events::RecordReader& record) {
  const capnp::DynamicStruct::Reader event = record.getEvent();
  KJ_IF_MAYBE (field, event.which()) {
    const capnp::DynamicValue::Reader value = event.get(*field);
    if (value.getType() == capnp::DynamicValue::STRUCT)
      return events::write_json(value.as<capnp::DynamicStruct>(), events::Secrets::hidden);
  }
  return "{}";
}

MadeValue text_or_null(std::string text) {
  if (text.empty()) return std::monostate();
  return text;
}

MadeValue id_or_null(int64_t id) {
  if (id == events::absent_int) return std::monostate();
  return id;
}

int64_t as_integer(uint64_t number) { return static_cast<int64_t>(number); }

}  // namespace

EventLines::EventLines(projector::Style style, projector::Names& names)
    : style_(std::move(style)),
      names_(names),
      is_json_(style_.format == Format::json || style_.format == Format::jsonl) {
  if (is_json_) return;
  rows_ = std::make_unique<projector::MadeRows>(
      std::vector<std::string>{"position", "recordedAt", "commandId", "correlationId", "userId", "ipAddress",
                               "userAgent", "stream", "version", "event", "values", "names"});
  out_ = std::make_unique<projector::RowsOut>(rows_->statement(), style_, text_);
}

void EventLines::take(const events::RecordReader& record) { is_json_ ? take_json(record) : take_row(record); }

void EventLines::take_json(const events::RecordReader& record) {
  if (style_.format == Format::json) documents_ += is_first_ ? "[\n" : ",\n";
  events::write_json(record, events::Secrets::hidden, documents_);
  if (const std::string names = names_of(record); !names.empty()) {
    documents_.pop_back();
    documents_.append(",\"names\":").append(names).append("}");
  }
  if (style_.format == Format::jsonl) documents_ += '\n';
  is_first_ = false;
}

void EventLines::take_row(const events::RecordReader& record) {
  const auto* type = events::model().event(static_cast<uint16_t>(record.getEvent().which()));
  const auto actor = record.getActor();
  const auto stream = events::model().entity(record.getStream()).table;
  rows_->set({as_integer(record.getPosition()), events::to_rfc3339(record.getRecordedAt()),
              events::to_string(events::uuid_of(record.getCommandId())), text_or_null(record.getCorrelationId()),
              id_or_null(actor.getUserId()), text_or_null(actor.getIpAddress()), text_or_null(actor.getUserAgent()),
              fmt::format("{}/{}", stream, record.getStreamId()), as_integer(record.getStreamVersion()),
              type ? MadeValue(type->name) : MadeValue(), json_of_event(record), text_or_null(names_of(record))});
  out_->row();
}

// As the feed's header has them; empty: none.
std::string EventLines::names_of(const events::RecordReader& record) {
  const auto names = names_.told(record);
  return names ? events::write_json(*names, events::Secrets::hidden) : std::string();
}

void EventLines::write() {
  if (is_json_) {
    show_json(documents_);
    documents_.clear();
  } else {
    data_out() << text_.str();
    text_.str("");
  }
  if (!std::cout) throw Failure(Exit::failure, "cannot write to the standard output");
}

void EventLines::finish() {
  if (style_.format == Format::json) documents_ += is_first_ ? "[]\n" : "\n]\n";
  if (out_) out_->finish();
  write();
  data_out().flush();
}

}  // namespace catlog::cli
