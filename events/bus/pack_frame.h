#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace catlog::events {

// The fifth frame of a request that is a pack, and the last one of its answer (PROTOCOL.md, "Packs"): how many bytes
// of the body each of its commands, or receipts, has.

// Nothing when it is no such frame of 1 to max_pack_commands that have so many bytes together.
std::optional<std::vector<uint32_t>> parse_lengths(std::string_view frame, size_t body_bytes);
// The same, of the receipts in one answer to a pack: 0 is for one that another answer has, and there is one in this.
std::optional<std::vector<uint32_t>> parse_receipt_lengths(std::string_view frame, size_t body_bytes);
// The same, of a pack of commands, which has at most max_pack_bytes; pack_fault says what one is.
std::optional<std::vector<uint32_t>> parse_pack_frame(std::string_view frame, size_t body_bytes);
std::string write_pack_frame(std::span<const uint32_t> lengths);
constexpr std::string_view pack_fault =
    "a pack has 1 to 256 commands, at most 1 MiB together, one behind the other in the body, and its fifth frame is "
    "the "
    "number of bytes of each, with 4 bytes each, big-endian";

}  // namespace catlog::events
