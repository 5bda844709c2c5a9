#include "tests/bench/readers.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <new>
#include <random>
#include <thread>

#include "events/error.h"
#include "projector/sqlite/sqlite.h"
#include "tests/bench/statistics.h"

namespace catlog::bench {
namespace {

constexpr size_t most_readers = 64, most_queries = 20'000;
constexpr int64_t movies_asked_for = 10'000;
constexpr std::chrono::milliseconds between_queries{20}, look{1}, begin_timeout{20'000};

// One reader's.
struct Sheet {
  std::atomic<uint64_t> refused, queries;
  std::atomic<bool> has_begun;
  double query_us[most_queries];
};

}  // namespace

struct ReaderCrowd::Board {
  std::atomic<bool> is_begun, is_ended;
  Sheet sheets[most_readers];
};

ReaderCrowd::ReaderCrowd(const std::filesystem::path& read_model, size_t count, std::chrono::milliseconds transaction) {
  CATLOG_CHECK(count <= most_readers);
  void* memory = ::mmap(nullptr, sizeof(Board), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw events::Failure(events::Exit::failure, "no memory for readers");
  board_ = new (memory) Board;
  for (size_t number = 0; number < count; ++number) {
    const pid_t process = ::fork();
    if (process < 0) throw events::Failure(events::Exit::failure, "no process for a reader");
    if (process > 0) {
      processes_.push_back(process);
      continue;
    }
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    try {
      // So that they do not end at one time.
      read(number, read_model, transaction * (number + 1) / count);
    } catch (...) {
      ::_exit(1);
    }
    ::_exit(0);
  }
}

ReaderCrowd::~ReaderCrowd() {
  for (const pid_t process : processes_) {
    ::kill(process, SIGKILL);
    ::waitpid(process, nullptr, 0);
  }
  ::munmap(board_, sizeof(Board));
}

void ReaderCrowd::read(size_t number, const std::filesystem::path& read_model,
                       std::chrono::milliseconds transaction) const {
  Sheet& sheet = board_->sheets[number];
  std::mt19937_64 random(number);
  std::uniform_int_distribution<int64_t> any(1, movies_asked_for);
  while (!board_->is_begun) std::this_thread::sleep_for(look);
  while (!board_->is_ended) {
    try {
      projector::Database database(read_model, projector::Open::read);
      database.wait_for_locks(0);
      const projector::Transaction snapshot(database, projector::Transaction::Kind::read);
      sheet.has_begun = true;
      projector::Statement movie(database, "SELECT title, rating FROM movies WHERE tmdbId = ?1");
      const auto ends_at = std::chrono::steady_clock::now() + transaction;
      while (!board_->is_ended && std::chrono::steady_clock::now() < ends_at) {
        const double us = 1e6 * seconds_of([&] { movie.bind(1, any(random)).run(); });
        if (sheet.queries < most_queries) sheet.query_us[sheet.queries++] = us;
        std::this_thread::sleep_for(between_queries);
      }
    } catch (const projector::Busy&) {
      ++sheet.refused;
      std::this_thread::sleep_for(look);
    }
  }
}

void ReaderCrowd::begin() {
  board_->is_begun = true;
  const auto by = std::chrono::steady_clock::now() + begin_timeout;
  const auto has_begun = [&](size_t number) { return board_->sheets[number].has_begun.load(); };
  for (size_t number = 0; number < processes_.size(); ++number)
    while (!has_begun(number)) {
      if (std::chrono::steady_clock::now() > by)
        throw events::Failure(events::Exit::failure, "a reader did not begin to read");
      std::this_thread::sleep_for(look);
    }
}

ReadersMet ReaderCrowd::end() {
  board_->is_ended = true;
  ReadersMet met;
  for (size_t number = 0; number < processes_.size(); ++number) {
    int status = 0;
    ::waitpid(processes_[number], &status, 0);
    if (status != 0) throw events::Failure(events::Exit::failure, "a reader failed");
    const Sheet& sheet = board_->sheets[number];
    met.refused += sheet.refused;
    met.query_us.insert(met.query_us.end(), sheet.query_us, sheet.query_us + sheet.queries);
  }
  processes_.clear();
  return met;
}

}  // namespace catlog::bench
