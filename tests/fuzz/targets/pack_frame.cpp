#include "events/bus/pack_frame.h"

#include <algorithm>
#include <numeric>

#include "events/bus/limits.h"
#include "tests/fuzz/targets/target.h"

namespace catlog::tests {
namespace {

constexpr size_t word_bytes = 4;

size_t word_at(std::string_view text, size_t at) {
  size_t word = 0;
  for (const char byte : text.substr(at, word_bytes)) word = word << 8 | static_cast<uint8_t>(byte);
  return word;
}

}  // namespace

// The first bytes say how long the body is, or, when they are zeros, that it is as long as the rest says.
void try_pack_frame(Input input) {
  const auto text = text_of(input);
  const auto frame = text.substr(std::min(text.size(), word_bytes));
  size_t together = 0;
  for (size_t at = 0; at + word_bytes <= frame.size(); at += word_bytes) together += word_at(frame, at);
  const size_t told = word_at(text, 0), body_bytes = told == 0 ? together : told;
  const auto lengths = events::parse_lengths(frame, body_bytes);
  const auto pack = events::parse_pack_frame(frame, body_bytes);
  must(!pack || (lengths && *pack == *lengths && body_bytes <= events::max_pack_bytes), "a pack is taken that is none");
  const auto receipts = events::parse_receipt_lengths(frame, body_bytes);
  must(!receipts || (lengths && *receipts == *lengths), "receipts are taken that are none");
  must(!receipts || std::ranges::any_of(*receipts, [](uint32_t length) { return length > 0; }),
       "an answer is taken that has no receipt");
  if (!lengths) return;
  must(!lengths->empty() && lengths->size() <= events::max_pack_commands, "a pack has too few or too many");
  must(std::accumulate(lengths->begin(), lengths->end(), size_t{0}) == body_bytes, "a pack leaves its body");
  must(events::write_pack_frame(*lengths) == frame, "a pack's frame is not written as it was read");
}

}  // namespace catlog::tests
