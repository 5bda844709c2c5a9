#pragma once
#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <vector>

namespace catlog::bench {

// What readers met until they were ended.
struct ReadersMet {
  uint64_t refused = 0;          // statements, with SQLITE_BUSY: they wait for no lock
  std::vector<double> query_us;  // of each point query
};

// Processes that read a read model at one time: each opens it anew for every transaction, and asks for a movie by its
// key now and then in it.
//
// Make it while this process has no SQLite file open, and no thread that opens one. Threads: one at a time.
class ReaderCrowd {
 public:
  ReaderCrowd(const std::filesystem::path& read_model, size_t count, std::chrono::milliseconds transaction);
  ReaderCrowd(const ReaderCrowd&) = delete;
  ~ReaderCrowd();  // kills those that are there
  // Returns when each has a transaction open; their first ones end one after the other. Throws Failure(failure).
  void begin();
  ReadersMet end();

 private:
  struct Board;  // shared by all of them
  void read(size_t number, const std::filesystem::path& read_model, std::chrono::milliseconds transaction) const;

  Board* board_;
  std::vector<pid_t> processes_;
};

}  // namespace catlog::bench
