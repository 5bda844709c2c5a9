#include "bin/nodes/words.h"

#include <algorithm>
#include <utility>

namespace catlog::nodes {
namespace {

constexpr size_t max_path = 64;  // digests of a proof

}  // namespace

std::optional<Request> parse_request(std::string_view body) {
  const size_t end = body.substr(0, max_line_bytes).find('\n');
  if (end == std::string_view::npos) return {};
  Request request{{}, body.substr(end + 1)};
  for (std::string_view line = body.substr(0, end); !line.empty();) {
    const size_t space = std::min(line.find(' '), line.size());
    if (space > 0) request.words.push_back(line.substr(0, space));
    line.remove_prefix(std::min(space + 1, line.size()));
  }
  if (request.words.empty()) return {};
  return request;
}

std::optional<uint64_t> parse_number(std::string_view text) {
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return {};
  return number;
}

std::vector<std::string> encode(const store::engine::Piece& piece) {
  std::vector<std::string> frames(1);
  for (const auto& digest : piece.path) frames[0].append(reinterpret_cast<const char*>(digest.data()), digest.size());
  const auto encoded = store::engine::encode(piece.batch);
  frames.push_back(encoded.head);
  for (const auto part : encoded.parts) frames.emplace_back(part);
  return frames;
}

std::optional<store::engine::Piece> decode_piece(const std::vector<std::string>& frames) {
  if (frames.size() < 2) return {};
  store::engine::Piece piece;
  constexpr size_t digest_bytes = sizeof(events::Digest);
  const std::string& path = frames[0];
  if (path.size() % digest_bytes != 0 || path.size() / digest_bytes > max_path) return {};
  for (size_t at = 0; at < path.size(); at += digest_bytes) {
    auto& digest = piece.path.emplace_back();
    std::copy_n(path.begin() + static_cast<std::ptrdiff_t>(at), digest_bytes, digest.begin());
  }
  auto decoded = store::engine::decode(frames[1]);
  if (!decoded || frames.size() != 2 + decoded->parts) return {};
  for (size_t part = 2; part < frames.size(); ++part) decoded->batch.body += frames[part];
  if (decoded->batch.body.size() != decoded->body_bytes) return {};
  piece.batch = std::move(decoded->batch);
  return piece;
}

}  // namespace catlog::nodes
