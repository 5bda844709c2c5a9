#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace catlog::events {

// A SHA-256.
using Digest = std::array<uint8_t, 32>;

// Threads: reentrant.
Digest sha256(std::span<const std::byte> bytes);
Digest sha256(std::string_view text);
// The digest of `first` and the bytes behind it.
Digest sha256(std::byte first, std::span<const std::byte> rest);
// The bytes as lower-case hex digits.
std::string hex(std::span<const uint8_t> bytes);
// The bytes that lower-case hex digits write, two digits a byte; nullopt for any other text.
std::optional<std::vector<uint8_t>> unhex(std::string_view text);

}  // namespace catlog::events
