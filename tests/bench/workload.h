#pragma once
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "events/encoding.h"

namespace catlog::bench {

using events::Encoding;
using Bodies = std::vector<std::string>;  // encoded commands, each with a version-7 id of its own

// Makes the commands that are sent. All of one object differ from what any of them said before, so each is accepted.
//
// Movies have the tmdbIds 1, 2, ..; source n belongs to movie n. Threads: one at a time.
class Workload {
 public:
  explicit Workload(uint64_t seed) : random_(seed) {}
  // putMovie of titles that do not exist yet.
  Bodies titles(Encoding encoding, size_t count);
  // putMovie of facts alone, one event each, of titles with tmdbIds in no order.
  Bodies randomly_keyed_titles(Encoding encoding, size_t count);
  // addMovieSource, one for each of the first `count` movies.
  Bodies sources(Encoding encoding, size_t count) const;
  // Both, titles first.
  Bodies catalogue(Encoding encoding, size_t count);
  // rateMovie and observeSwarm, half each, of uniformly chosen ones of the first `existing` movies and sources.
  Bodies changes(Encoding encoding, size_t count, size_t existing);
  // recordAudit, of every kind of action.
  static Bodies audits(Encoding encoding, size_t count);
  // What a catalogue lives through from day to day, as tests/support/housekeeping_year.h has it of 5,000 sources and
  // 100 users: of 62 commands 50 are rows of the audit, nearly all of one action and INFO, about a user; 10 see the
  // swarm of one source after the other, whose seeds changed; one issues a refresh token, and one takes back the oldest
  // of those.
  Bodies days(Encoding encoding, size_t count, size_t existing);
  static Bodies users(Encoding encoding);  // to be sent before that
  // registerUser of an admin, who is the first of a log without users.
  static Bodies first_user();
  // The same commands, of JSON, on behalf of that user: as they may come where nobody proves to be a service.
  static Bodies of_first_user(Bodies bodies);
  // rateMovie of uniformly chosen ones of the first `existing` movies.
  Bodies ratings(Encoding encoding, size_t count, size_t existing);

 private:
  std::string rating(Encoding encoding, int64_t number, int64_t value) const;
  std::mt19937_64 random_;
  int64_t last_movie_ = 0;
  int64_t last_value_ = 0;
};

}  // namespace catlog::bench
