#include "bin/torrent/player.h"

#include <sys/random.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <utility>

#include <fmt/format.h>

#include "bin/http/range.h"
#include "events/digest.h"
#include "events/error.h"

namespace catlog::torrent {

namespace {

using events::Exit;
using events::Failure;
using http::Request;
using http::Response;
using Time = std::chrono::steady_clock;

constexpr size_t secret_bytes = 32;
constexpr unsigned partial_content = 206, not_found = 404, unsatisfiable = 416;
// A transfer that is begun anew, or has ended and is written down, is not to be found for a moment.
constexpr std::chrono::seconds longest_away{5};
constexpr std::pair<std::string_view, std::string_view> types[] = {
    {".mkv", "video/x-matroska"},    {".mp4", "video/mp4"},       {".m4v", "video/mp4"},      {".webm", "video/webm"},
    {".avi", "video/x-msvideo"},     {".mov", "video/quicktime"}, {".ts", "video/mp2t"},      {".m2ts", "video/mp2t"},
    {".mpg", "video/mpeg"},          {".mpeg", "video/mpeg"},     {".wmv", "video/x-ms-wmv"}, {".flv", "video/x-flv"},
    {".ogv", "video/ogg"},           {".mp3", "audio/mpeg"},      {".flac", "audio/flac"},    {".m4a", "audio/mp4"},
    {".srt", "application/x-subrip"}};

std::string new_secret() {
  std::array<uint8_t, secret_bytes> bytes{};
  for (size_t at = 0; at < bytes.size();) {
    const ssize_t count = ::getrandom(bytes.data() + at, bytes.size() - at, 0);
    if (count < 0 && errno != EINTR) throw Failure(Exit::failure, fmt::format("getrandom: {}", std::strerror(errno)));
    at += static_cast<size_t>(std::max<ssize_t>(count, 0));
  }
  return events::hex(bytes);
}

// In a time that tells nothing of where they differ.
bool is_equal(std::string_view one, std::string_view other) {
  if (one.size() != other.size()) return false;
  unsigned char difference = 0;
  for (size_t at = 0; at < one.size(); ++at)
    difference = static_cast<unsigned char>(
        difference | (static_cast<unsigned char>(one[at]) ^ static_cast<unsigned char>(other[at])));
  return difference == 0;
}

// With its %XX as bytes; nothing: one is none.
std::optional<std::string> decoded(std::string_view text) {
  const auto digit = [](char c) {
    const int lower = std::tolower(static_cast<unsigned char>(c));
    return lower >= '0' && lower <= '9' ? lower - '0' : lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
  };
  std::string bytes;
  for (size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '%') {
      bytes += text[at];
      continue;
    }
    if (at + 2 >= text.size() || digit(text[at + 1]) < 0 || digit(text[at + 2]) < 0) return {};
    bytes += static_cast<char>(digit(text[at + 1]) * 16 + digit(text[at + 2]));
    at += 2;
  }
  return bytes;
}

std::string_view type_of(std::string_view path) {
  std::string lower(path);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
  for (const auto& [ending, type] : types)
    if (lower.ends_with(ending)) return type;
  return "application/octet-stream";
}

bool is_hash(std::string_view text) {
  return (text.size() == 40 || text.size() == 64) &&
         std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

// A file's bytes from one place to another, as they come to be there.
class FilmStream : public http::Stream {
 public:
  FilmStream(const Films& films, std::shared_ptr<Film> film, const std::string& path, http::ByteRange range,
             uint64_t reader, std::function<void()> on_read, std::function<void()> on_closed)
      : films_(films),
        film_(std::move(film)),
        path_(path),
        range_(range),
        reader_(reader),
        on_read_(std::move(on_read)),
        on_closed_(std::move(on_closed)) {}
  ~FilmStream() override {
    film_->leave(reader_);
    on_closed_();
  }

  uint64_t size() const override { return range_.to - range_.from; }

  std::optional<size_t> read(std::span<char> into) override {
    const auto* file = film_->file(path_);
    film_->come(reader_, *file, at());
    if (const auto count = film_->read(*file, at(), into)) {
      read_ += *count;
      if (*count > 0) on_read_();
      away_since_ = {};
      return count;
    }
    return look_again();
  }

 private:
  int64_t at() const { return static_cast<int64_t>(range_.from + read_); }

  // The same bytes under the same hash, wherever they are now.
  std::optional<size_t> look_again() {
    const auto now = Time::now();
    if (away_since_ == Time::time_point()) away_since_ = now;
    if (now - away_since_ > longest_away) return {};
    auto film = films_.find(film_->hash());
    if (film && film != film_ && film->file(path_)) {
      film_->leave(reader_);
      film_ = std::move(film);
    }
    return 0;
  }

  const Films& films_;
  std::shared_ptr<Film> film_;
  std::string path_;
  http::ByteRange range_;
  uint64_t reader_, read_ = 0;
  std::function<void()> on_read_, on_closed_;
  Time::time_point away_since_ = {};
};

Response nothing_here() {
  return {.status = not_found,
          .body = "there is no such film, or it does not load now: ask `catlog play` for the address\n"};
}

http::Endpoint port_of(const std::string& text) {
  auto endpoint = http::parse_endpoint(text);
  if (endpoint.file)
    throw Failure(Exit::usage, fmt::format("--play-endpoint {}: players need a port, tcp://127.0.0.1:PORT", text));
  return endpoint;
}

}  // namespace

http::Limits Player::limits_of_players() { return {.connections = 64}; }

Player::Player(const std::string& endpoint, const Films& films, http::Limits limits)
    : films_(films),
      secret_(new_secret()),
      server_(
          port_of(endpoint), [this](const Request& request) { return answer(request); }, limits),
      address_(server_.address() + "/" + secret_),
      thread_([this] { server_.run(stop_); }) {}

Player::~Player() { stop_.set(); }

std::set<std::string> Player::read_lately() {
  const std::lock_guard lock(mutex_);
  return std::exchange(read_, {});
}

std::set<std::string> Player::open() const {
  const std::lock_guard lock(mutex_);
  return {open_.begin(), open_.end()};
}

void Player::note_open(const std::string& hash) {
  const std::lock_guard lock(mutex_);
  open_.insert(hash);
}

void Player::note_closed(const std::string& hash) {
  const std::lock_guard lock(mutex_);
  open_.erase(open_.find(hash));
}

void Player::note_read(const std::string& hash) {
  const std::lock_guard lock(mutex_);
  read_.insert(hash);
}

// "/SECRET/HASH" or "/SECRET/HASH/PATH".
Response Player::answer(const Request& request) {
  std::string_view path = std::string_view(request.path).substr(1);
  const auto part = [&] {
    const auto word = path.substr(0, path.find('/'));
    path.remove_prefix(std::min(word.size() + 1, path.size()));
    return word;
  };
  if (!is_equal(part(), secret_)) return nothing_here();
  const std::string hash(part());
  const auto name = decoded(path);
  const auto film = is_hash(hash) ? films_.find(hash) : nullptr;
  const auto* file = film && name ? film->file(*name) : nullptr;
  if (!file) return nothing_here();
  note_read(hash);
  const auto size = static_cast<uint64_t>(file->place.size);
  // What stands under a hash never changes.
  const std::string tag = fmt::format("\"{}-{}\"", hash, file->place.begin);
  Response response;
  response.type = type_of(file->path);
  response.fields = {{"Accept-Ranges", "bytes"}, {"ETag", tag}};
  const bool is_other = !request.if_range.empty() && request.if_range != tag;
  const auto range = http::read_range(is_other ? "" : request.range, size);
  if (!range) {
    response.status = unsatisfiable;
    response.type = "text/plain; charset=utf-8";
    response.body = fmt::format("the file has {} bytes\n", size);
    response.fields.emplace_back("Content-Range", fmt::format("bytes */{}", size));
    return response;
  }
  const http::ByteRange wanted = range->value_or(http::ByteRange{0, size});
  if (*range) {
    response.status = partial_content;
    response.fields.emplace_back("Content-Range", fmt::format("bytes {}-{}/{}", wanted.from, wanted.to - 1, size));
  }
  note_open(hash);
  response.stream = std::make_shared<FilmStream>(
      films_, film, *name, wanted, ++readers_, [this, hash] { note_read(hash); }, [this, hash] { note_closed(hash); });
  return response;
}

}  // namespace catlog::torrent
