#include "events/schema/plain_message.h"

#include <array>
#include <cstdint>
#include <cstring>

namespace catlog::events {
namespace {

constexpr int most_nesting = 16;

// Pointers as Cap'n Proto lays them out (capnproto.org/encoding.html). Words are counted from the segment's beginning.
class Walk {
 public:
  explicit Walk(kj::ArrayPtr<const capnp::word> segment)
      : words_(segment.begin()), size_(segment.size()), left_(segment.size()) {}

  // `count` pointers, which lie within the segment.
  bool follow(uint64_t at, uint64_t count, int nesting) {
    for (const uint64_t end = at + count; at < end; ++at)
      if (const uint64_t pointer = word(at); pointer != 0 && !follow_one(pointer, at, nesting)) return false;
    return true;
  }
  bool take(uint64_t at, uint64_t words) {
    if (at > size_ || words > size_ - at || words > left_) return false;
    left_ -= words;
    return true;
  }

 private:
  uint64_t word(uint64_t at) const {
    uint64_t value = 0;
    std::memcpy(&value, words_ + at, sizeof value);
    return value;
  }
  bool follow_one(uint64_t pointer, uint64_t at, int nesting) {
    constexpr uint64_t lists = 1;  // 0: structs
    const uint64_t kind = pointer & 3;
    if (nesting == 0 || kind > lists) return false;
    const auto target = at + 1 + static_cast<uint64_t>(int64_t{static_cast<int32_t>(pointer) >> 2});
    if (kind == lists) return follow_list(pointer, target, nesting - 1);
    const uint64_t data = pointer >> 32 & 0xFFFF, pointers = pointer >> 48;
    return take(target, data + pointers) && follow(target + data, pointers, nesting - 1);
  }
  bool follow_list(uint64_t pointer, uint64_t at, int nesting) {
    constexpr uint64_t of_pointers = 6, of_structs = 7;
    constexpr std::array<uint64_t, of_pointers> bits{0, 1, 8, 16, 32, 64};
    const uint64_t elements = pointer >> 32 & 7, count = pointer >> 35;
    if (elements == of_pointers) return take(at, count) && follow(at, count, nesting);
    if (elements == of_structs) return take(at, count + 1) && follow_structs(at, count, nesting);
    return elements != 0 && take(at, (count * bits[elements] + 63) / 64);
  }
  // A tag, which is like a struct's pointer, and as many words as `words` says.
  bool follow_structs(uint64_t at, uint64_t words, int nesting) {
    const uint64_t tag = word(at), count = static_cast<uint32_t>(tag) >> 2;
    const uint64_t data = tag >> 32 & 0xFFFF, pointers = tag >> 48;
    if ((tag & 3) != 0 || data + pointers == 0 || count * (data + pointers) > words) return false;
    ++at;
    for (uint64_t i = 0; i < count; ++i, at += data + pointers)
      if (!follow(at + data, pointers, nesting)) return false;
    return true;
  }

  const capnp::word* words_;
  uint64_t size_, left_;
};

}  // namespace

bool is_plain(kj::ArrayPtr<const capnp::word> segment) {
  Walk walk(segment);
  return walk.take(0, 1) && walk.follow(0, 1, most_nesting);
}

}  // namespace catlog::events
