#pragma once
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <exception>
#include <iosfwd>
#include <mutex>
#include <streambuf>
#include <string>
#include <string_view>
#include <thread>

namespace catlog::projector {

struct SpoolLimits {
  size_t memory_bytes = size_t{8} << 20;
  uint64_t file_bytes = uint64_t{512} << 20;  // what does not fit into memory, in a temporary file without a name
};

// Output that may be taken slowly, or not at all: whoever writes into it waits for nobody. What was not taken yet is
// kept, up to the limits; beyond, writing throws Failure(refused). What is written within a tenth of a second may be
// handed on together, and nothing later than the next writing after that.
//
// Threads: one writes; another one, of its own, hands on to `to`. Lifetime: refers to `to`.
class Spool : public std::streambuf {
 public:
  explicit Spool(std::ostream& to, SpoolLimits limits = {});
  // Waits until all that was written is taken, as far as it can be handed on.
  ~Spool() override;
  Spool(const Spool&) = delete;
  // The same, and throws what kept it from being handed on: Failure(failure).
  void finish();

 protected:
  int_type overflow(int_type c) override;
  std::streamsize xsputn(const char* bytes, std::streamsize count) override;

 private:
  using Clock = std::chrono::steady_clock;
  // Text, or, when there are bytes, a part of the file.
  struct Piece {
    std::string text;
    uint64_t offset = 0, bytes = 0;
  };
  void keep_if_due();
  void keep_written();
  void keep(std::string_view text);
  void keep_in_file(std::string_view text);
  void hand_on_all();
  void hand_on();
  std::string take(Piece piece) const;
  void end();

  std::ostream& to_;
  SpoolLimits limits_;
  std::string written_;  // not yet kept
  Clock::time_point kept_at_ = Clock::now();
  std::mutex mutex_;  // of all below
  std::condition_variable changed_;
  std::deque<Piece> pieces_;
  size_t memory_bytes_ = 0;
  int file_ = -1;
  uint64_t file_end_ = 0, in_file_ = 0;  // in_file_: not yet handed on
  bool is_ended_ = false;
  std::exception_ptr failure_;
  std::thread thread_;  // last: it uses the rest
};

}  // namespace catlog::projector
