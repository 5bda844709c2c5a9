#pragma once
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "bin/torrent/bus.h"
#include "bin/torrent/counters.h"
#include "bin/torrent/engine/engine.h"
#include "bin/torrent/keep.h"
#include "bin/torrent/options.h"
#include "bin/torrent/player.h"
#include "bin/torrent/swarms.h"
#include "bin/torrent/watch.h"
#include "events/bus/bus.h"

namespace catlog::torrent {

// A round: what is wanted, what is so, what is to be done about it (README.md).
class Bridge {
 public:
  // Throws as Keep and Engine.
  explicit Bridge(const Options& options);

  uint16_t port() const { return engine_.port(); }
  // Until `stop` is set; then all is saved. Throws Failure(refused) when the log is another one; nothing is touched
  // then.
  void run(const events::Stop& stop);

 private:
  using Clock = std::chrono::steady_clock;
  // A report, until its events have come back.
  struct UnderWay {
    bool is_answered = false;
    uint64_t position = 0;
    Clock::time_point until = {};  // refused: no other before
  };

  void wake();
  void wait();
  void hear();
  void hear_answers();
  void round();
  void follow_checks();
  Moment moment(const std::vector<Seen>& seen);
  void tell(const Decision& decision);
  void obey(const Order& order);
  Trust trust_in(const std::string& hash);
  void begin_anew();
  void forget_gone();
  void look_at_whole();
  void look_at_swarms();
  void show_player();
  void touch_read();
  void keep_sometimes();
  void keep();
  void keep_plans();
  void end();

  void count(const std::vector<Seen>& seen, const Moment& moment);

  const Options& options_;
  Counters counters_;
  Keep keep_;
  bool is_confined_;
  Kept known_;
  bool is_kept_ = true;
  bool is_anew_;  // nothing was known, and the log's end has not been reached yet
  std::mutex mutex_;
  std::condition_variable news_;
  bool is_news_ = false;
  Engine engine_;
  std::map<int64_t, UnderWay> under_way_;
  // When a transfer's bytes moved last.
  struct Pace {
    int64_t done = 0;
    Clock::time_point moved = Clock::now();
  };

  std::set<std::string> touched_;
  std::set<std::string> adopted_;  // with --adopt: looked through since
  std::map<std::string, uint64_t> checks_;
  std::map<std::string, Pace> paces_;
  std::map<int64_t, std::string> refusals_;              // said last
  std::map<std::string, scrape::Observation> observed_;  // sent, and not answered yet
  Clock::time_point kept_ = Clock::now(), looked_ = {};
  bool is_ending_ = false;
  bool is_new_source_ = true;
  Clock::time_point followed_ = {}, planned_ = Clock::now();
  std::optional<Player> player_;
  std::set<std::string> read_;                             // by players, and not touched since
  std::map<std::string, Clock::time_point> read_touched_;  // lately
  Bus bus_;
  Swarms swarms_;
  Watch watch_;
};

}  // namespace catlog::torrent
