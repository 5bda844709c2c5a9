#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "events/bus/bus.h"

namespace catlog::cli {

// A longer line is cut to this: enough to see that it is too large to be sent.
constexpr size_t max_line_bytes = events::max_frame_bytes + 1;

// Reads a file line by line, in bounded memory; a byte order mark before the first is passed over. Threads: one at a
// time.
class LineReader {
 public:
  // "-": the standard input. Failure(usage) when the file cannot be opened.
  explicit LineReader(const std::string& file);
  LineReader(const LineReader&) = delete;
  ~LineReader();

  // The next line without its end; dies with the next call. Nothing at the end. Failure(failure) when reading fails,
  // Failure(usage) when the file is no text in UTF-8 by its first bytes (UTF-16, gzip, HTML).
  std::optional<std::string_view> next();
  // Whether next() would wait for somebody to write.
  bool would_wait() const;
  size_t number() const { return number_; }  // of the line that next() gave last, from 1; 0 before the first
  uint64_t bytes_read() const { return bytes_read_; }
  uint64_t size_bytes() const { return size_bytes_; }  // 0: not known

 private:
  bool fill();
  void read_more();
  bool can_tell_form() const;
  void look_at_form();
  void keep(std::string_view part);

  std::string file_;
  int fd_ = -1;
  uint64_t bytes_read_ = 0, size_bytes_ = 0;
  std::string buffer_, line_;
  size_t at_ = 0;  // in buffer_
  size_t number_ = 0;
  bool ended_ = false;
};

}  // namespace catlog::cli
