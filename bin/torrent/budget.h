#pragma once
#include <cstdint>
#include <string_view>

#include "bin/torrent/engine/seen.h"
#include "bin/torrent/wishes.h"

namespace catlog::torrent {

// A download of any size has at most so many events until it is whole, a seed so many a day.
constexpr uint64_t events_of_download = 120, events_of_seed_a_day = 24;

// Whether a loading transfer has moved so far since it was recorded last that it is worth an event.
bool is_worth_telling(const Wish& wish, const Seen& seen, int64_t now_us);
// Whether it is worth one that it does something else now.
bool is_worth_telling_phase(const Wish& wish, std::string_view phase, int64_t now_us);
// The same of one that is given to others.
bool is_worth_telling_of_seed(const Wish& wish, const Seen& seen, int64_t now_us);
// Whether a failure that mends itself may be told, and tried again: each time costs two events.
bool may_try_again(const Wish& wish, int64_t now_us);
// The last value before the bridge ends.
bool may_tell_at_end(const Wish& wish);

}  // namespace catlog::torrent
