#pragma once
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <deque>
#include <exception>
#include <iosfwd>
#include <memory>
#include <mutex>
#include <streambuf>
#include <string>
#include <thread>

namespace catlog::cli {

struct SpoolLimits {
  size_t memory_bytes = size_t{8} << 20;
  uint64_t file_bytes = uint64_t{512} << 20;  // what does not fit into memory, in a temporary file without a name
};

// Output that may be read slowly, or not at all: whoever writes into it never waits for the reader. What the reader has
// not taken yet is kept, up to the limits; beyond, writing throws Failure(refused).
//
// Threads: one writes; another one, of its own, hands on to `to`. Lifetime: refers to `to`.
class Spool : public std::streambuf {
 public:
  explicit Spool(std::ostream& to, SpoolLimits limits = {});
  // Waits until the reader has taken all that was written.
  ~Spool() override;
  Spool(const Spool&) = delete;
  // The same, and throws Failure(failure) when it could not be handed on.
  void finish();

 protected:
  int_type overflow(int_type c) override;
  std::streamsize xsputn(const char* bytes, std::streamsize count) override;

 private:
  // Text, or, when that is empty, bytes of the file.
  struct Piece {
    std::string text;
    uint64_t offset = 0, bytes = 0;
  };
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  void keep_written();
  void keep_in_file(const std::string& text);
  void hand_on();
  std::string take(const Piece& piece) const;
  void end();

  std::ostream& to_;
  SpoolLimits limits_;
  std::string written_;  // not yet kept
  std::mutex mutex_;     // of all below
  std::condition_variable changed_;
  std::deque<Piece> pieces_;
  size_t memory_bytes_ = 0;
  std::unique_ptr<std::FILE, Close> file_;
  uint64_t file_end_ = 0, in_file_ = 0;  // in_file_: not yet handed on
  bool is_ended_ = false;
  bool is_failed_ = false;
  std::thread thread_;  // last: it uses the rest
};

}  // namespace catlog::cli
