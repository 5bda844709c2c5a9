#include "events/bus/pack_frame.h"

#include "events/bus/limits.h"

namespace catlog::events {
namespace {

constexpr size_t length_bytes = 4;

}  // namespace

std::optional<std::vector<uint32_t>> parse_lengths(std::string_view frame, size_t body_bytes) {
  const size_t commands = frame.size() / length_bytes;
  if (commands == 0 || commands > max_pack_commands || frame.size() % length_bytes != 0) return {};
  std::vector<uint32_t> lengths(commands);
  size_t together = 0;
  for (size_t i = 0; i < frame.size(); ++i) {
    uint32_t& length = lengths[i / length_bytes];
    length = length << 8 | static_cast<uint8_t>(frame[i]);
    if (i % length_bytes == length_bytes - 1) together += length;
  }
  if (together != body_bytes) return {};
  return lengths;
}

std::optional<std::vector<uint32_t>> parse_receipt_lengths(std::string_view frame, size_t body_bytes) {
  if (body_bytes == 0) return {};
  return parse_lengths(frame, body_bytes);
}

std::optional<std::vector<uint32_t>> parse_pack_frame(std::string_view frame, size_t body_bytes) {
  if (body_bytes > max_pack_bytes) return {};
  return parse_lengths(frame, body_bytes);
}

std::string write_pack_frame(std::span<const uint32_t> lengths) {
  std::string frame;
  frame.reserve(lengths.size() * length_bytes);
  for (const uint32_t length : lengths)
    for (int shift = 24; shift >= 0; shift -= 8) frame += static_cast<char>(length >> shift);
  return frame;
}

}  // namespace catlog::events
