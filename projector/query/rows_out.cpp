#include "projector/query/rows_out.h"

#include <algorithm>
#include <cmath>
#include <ostream>
#include <utility>

#include <fmt/format.h>

#include "events/codec/json.h"
#include "events/digest.h"
#include "events/error.h"
#include "events/text/json_text.h"
#include "events/text/printable.h"
#include "events/text/utf8.h"

namespace catlog::projector {

namespace {

constexpr size_t widest_cell = 60;  // longer ones are cut in an aligned table

bool is_continuation(char byte) { return (static_cast<unsigned char>(byte) & 0xc0) == 0x80; }

size_t characters(std::string_view text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char c) { return !is_continuation(c); }));
}

// One line, at most widest_cell characters.
std::string flat(std::string text) {
  text = events::printable(text);
  if (characters(text) <= widest_cell) return text;
  size_t end = 0;
  for (size_t count = 0; end < text.size(); ++end) {
    if (is_continuation(text[end])) continue;
    if (++count == widest_cell) break;
  }
  return text.substr(0, end) + "…";
}

// JSON has no bytes: they are written in hex, also those that a cast made a text.
void write_json_bytes(std::string_view bytes, ColumnType type, std::string& out) {
  if (type == ColumnType::text && events::is_utf8(bytes)) return events::write_json_text(bytes, out);
  events::write_json_text(events::hex({reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()}), out);
}

std::string escaped(std::string_view text, char what, const char* with) {
  std::string out;
  for (char c : text) c == what ? out += with : out += c;
  return out;
}

std::string quoted(std::string_view text) { return fmt::format("\"{}\"", escaped(text, '"', "\"\"")); }
std::string csv_text(std::string_view text) {
  return text.find_first_of(",\"\r\n") == std::string_view::npos ? std::string(text) : quoted(text);
}

}  // namespace

RowsOut::RowsOut(const Statement& statement, Style style, std::ostream& out)
    : statement_(statement), style_(std::move(style)), out_(out) {
  for (int i = 0; i < statement.columns(); ++i) {
    const std::string name(statement.name(i));
    names_.push_back(style_.format == Format::table ? flat(name) : name);
  }
  numeric_.assign(names_.size(), true);
  for (const std::string& name : names_) widths_.push_back(characters(name));
  if (style_.format == Format::csv) write_csv_names();
  if (style_.format == Format::json || style_.format == Format::jsonl) make_keys();
  if (style_.format == Format::json) out_ << '[';
  if (style_.format == Format::markdown) {
    write_markdown(names_);
    write_markdown(Cells(names_.size(), "---"));
  }
}

RowsOut::Cells RowsOut::cells() const {
  Cells cells;
  for (int i = 0; i < static_cast<int>(names_.size()); ++i)
    cells.emplace_back(statement_.is_null(i) ? std::string_view(style_.null_text) : statement_.text(i));
  return cells;
}

void RowsOut::row() {
  ++rows_;
  switch (style_.format) {
    case Format::csv:
      return write_csv_row();
    case Format::json:
    case Format::jsonl:
      return write_json();
    case Format::markdown:
      return write_markdown(cells());
    case Format::table:
      break;
  }
  Cells row = cells();
  for (size_t i = 0; i < row.size(); ++i) {
    row[i] = flat(row[i]);
    if (flushed_) continue;
    widths_[i] = std::max(widths_[i], characters(row[i]));
    if (statement_.type(static_cast<int>(i)) == ColumnType::text) numeric_[i] = false;
  }
  if (flushed_) return write_aligned(row);
  measured_.push_back(std::move(row));
  if (measured_.size() == rows_measured_for_widths) flush_measured();
}

void RowsOut::flush_measured() {
  flushed_ = true;
  write_aligned(names_);
  Cells rule;
  for (size_t width : widths_) rule.emplace_back(width, '-');
  write_aligned(rule);
  for (const Cells& row : measured_) write_aligned(row);
  measured_.clear();
}

void RowsOut::finish() {
  if (style_.format == Format::table && !flushed_) flush_measured();
  if (style_.format == Format::json) out_ << (rows_ ? "\n]\n" : "]\n");
  out_.flush();
}

void RowsOut::write_csv_names() {
  std::string line;
  for (size_t i = 0; i < names_.size(); ++i) line += (i ? "," : "") + csv_text(names_[i]);
  out_ << line + "\r\n";
}

// A text that is as NULL is written stands in quotes, which NULL never has.
void RowsOut::write_csv_row() {
  std::string line;
  for (int i = 0; i < static_cast<int>(names_.size()); ++i) {
    if (i) line += ',';
    if (statement_.is_null(i))
      line += csv_text(style_.null_text);
    else if (const auto text = statement_.text(i); text == style_.null_text)
      line += quoted(text);
    else
      line += csv_text(text);
  }
  out_ << line + "\r\n";
}

void RowsOut::write_markdown(const Cells& cells) {
  std::string row = "|";
  for (const std::string& cell : cells) {
    const std::string line = escaped(escaped(cell, '|', "\\|"), '\r', "");
    row += fmt::format(" {} |", events::printable(escaped(line, '\n', "<br>")));
  }
  row += '\n';
  out_ << row;
}

void RowsOut::write_aligned(const Cells& cells) {
  std::string line;
  for (size_t i = 0; i < cells.size(); ++i) {
    std::string pad(widths_[i] - std::min(widths_[i], characters(cells[i])), ' ');
    line += (i ? "  " : "") + (numeric_[i] ? pad + cells[i] : cells[i] + pad);
  }
  line.erase(line.find_last_not_of(' ') + 1);
  line += '\n';
  out_ << line;
}

void RowsOut::make_keys() {
  for (const std::string& name : names_) {
    std::string key;
    write_json_bytes(name, ColumnType::text, key);
    if (std::ranges::find(keys_, key) != keys_.end())
      throw events::Failure(events::Exit::usage,
                            fmt::format("two columns are called {0}, which JSON cannot tell apart: "
                                        "give each a name of its own, such as SELECT m.{0} AS other",
                                        name));
    keys_.push_back(std::move(key));
  }
}

void RowsOut::write_json() {
  const bool is_array = style_.format == Format::json;
  std::string line = !is_array ? "{" : rows_ > 1 ? ",\n{" : "\n{";
  for (int i = 0; i < static_cast<int>(names_.size()); ++i) {
    if (i) line += ',';
    line += keys_[static_cast<size_t>(i)];
    line += ':';
    const ColumnType type = statement_.type(i);
    if (type == ColumnType::null) {
      line += "null";
    } else if (type == ColumnType::integer) {
      events::write_json_integer(statement_.integer(i), line);
    } else if (type == ColumnType::real) {
      const double value = statement_.real(i);
      if (!std::isfinite(value))
        throw events::Failure(
            events::Exit::usage,
            fmt::format("{} is infinite in row {}, which no number of JSON is: ask for CAST(.. AS TEXT), "
                        "or for another format",
                        names_[static_cast<size_t>(i)], rows_));
      line += fmt::format("{}", value);
    } else {
      write_json_bytes(statement_.text(i), type, line);
    }
  }
  line += is_array ? "}" : "}\n";
  out_ << line;
}

}  // namespace catlog::projector
