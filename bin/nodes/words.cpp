#include "bin/nodes/words.h"

#include <algorithm>
#include <utility>

namespace catlog::nodes {
namespace {

constexpr size_t max_path = 64;  // digests of a proof

std::string bytes_of(const store::Path& path) {
  std::string bytes;
  for (const auto& digest : path) bytes.append(reinterpret_cast<const char*>(digest.data()), digest.size());
  return bytes;
}

std::optional<store::Path> path_of(const std::string& bytes) {
  constexpr size_t digest_bytes = sizeof(events::Digest);
  if (bytes.size() % digest_bytes != 0 || bytes.size() / digest_bytes > max_path) return {};
  store::Path path;
  for (size_t at = 0; at < bytes.size(); at += digest_bytes) {
    auto& digest = path.emplace_back();
    std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(at), digest_bytes, digest.begin());
  }
  return path;
}

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
  std::vector<std::string> frames{bytes_of(piece.path_before), bytes_of(piece.path)};
  const auto encoded = store::engine::encode(piece.batch);
  frames.push_back(encoded.head);
  for (const auto part : encoded.parts) frames.emplace_back(part);
  return frames;
}

std::optional<store::engine::Piece> decode_piece(const std::vector<std::string>& frames) {
  constexpr size_t before_parts = 3;
  if (frames.size() < before_parts) return {};
  auto path_before = path_of(frames[0]), path = path_of(frames[1]);
  auto decoded = store::engine::decode(frames[2]);
  if (!path_before || !path || !decoded || frames.size() != before_parts + decoded->parts) return {};
  for (size_t part = before_parts; part < frames.size(); ++part) decoded->batch.body += frames[part];
  if (decoded->batch.body.size() != decoded->body_bytes) return {};
  return store::engine::Piece{std::move(decoded->batch), *std::move(path_before), *std::move(path)};
}

}  // namespace catlog::nodes
