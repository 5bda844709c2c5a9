#include "commandhandler/import/json_text.h"

#include <iconv.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <system_error>

#include <fmt/format.h>

#include "events/text/text_form.h"

namespace catlog::commandhandler::importing {
namespace {

using events::TextForm;
using Text = std::expected<std::string, std::string>;
using Error = std::unexpected<std::string>;

constexpr size_t chunk_bytes = size_t{1} << 16;
constexpr size_t shown_bytes = 60;

Error too_large(uint64_t bytes) {
  return Error(fmt::format("the file has {} bytes, over the limit of {}", bytes, max_json_file_bytes));
}

// All members of a gzip file.
Text unpacked(std::string_view bytes) {
  z_stream stream{};
  if (inflateInit2(&stream, 16 + MAX_WBITS) != Z_OK) return Error("gzip: there is no memory to unpack it");
  std::string text;
  std::string chunk(chunk_bytes, '\0');
  int result = Z_OK;
  // zlib's interface is older than const.
  stream.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  while (result == Z_OK && text.size() <= max_json_file_bytes) {
    stream.next_out = reinterpret_cast<Bytef*>(chunk.data());
    stream.avail_out = chunk_bytes;
    result = inflate(&stream, Z_NO_FLUSH);
    text.append(chunk, 0, chunk_bytes - stream.avail_out);
    // What is no member is left out, as gunzip does with the padding of a tape.
    const std::string_view behind = bytes.substr(bytes.size() - stream.avail_in);
    if (result == Z_STREAM_END && behind.starts_with(events::gzip_mark)) result = inflateReset(&stream);
  }
  inflateEnd(&stream);
  if (text.size() > max_json_file_bytes) return too_large(text.size());
  if (result != Z_STREAM_END) return Error("gzip that breaks off or is damaged; fetch it again");
  return text;
}

Text converted(std::string_view bytes, const char* from) {
  iconv_t converter = iconv_open("UTF-8", from);
  // NOLINTNEXTLINE(performance-no-int-to-ptr): that is how iconv says it
  if (converter == reinterpret_cast<iconv_t>(-1)) return Error(fmt::format("{}; save it as UTF-8", from));
  std::string text;
  std::string chunk(chunk_bytes, '\0');
  char* in = const_cast<char*>(bytes.data());
  size_t left = bytes.size();
  bool is_broken = false;
  while (left > 0 && !is_broken) {
    char* out = chunk.data();
    size_t space = chunk_bytes;
    is_broken = iconv(converter, &in, &left, &out, &space) == static_cast<size_t>(-1) && errno != E2BIG;
    text.append(chunk, 0, chunk_bytes - space);
  }
  iconv_close(converter);
  if (is_broken) return Error(fmt::format("{} that breaks at byte {}", from, bytes.size() - left + 1));
  return text;
}

// Without a mark the first character is one of ASCII.
const char* utf16_of(std::string_view bytes) {
  if (bytes.starts_with("\xFF\xFE") || bytes.starts_with("\xFE\xFF")) return "UTF-16";
  return bytes[0] == 0 ? "UTF-16BE" : "UTF-16LE";
}

std::string_view without_mark(std::string_view text) {
  return text.starts_with(events::utf8_mark) ? text.substr(events::utf8_mark.size()) : text;
}

std::string_view first_line(std::string_view& text) {
  const size_t end = std::min(text.find('\n'), text.size());
  std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  const size_t first = line.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  return line.substr(first, line.find_last_not_of(" \t\r") - first + 1);
}

}  // namespace

Text decode_json_text(std::string bytes) {
  TextForm form = events::form_of(bytes);
  if (form == TextForm::gzip) {
    auto inner = unpacked(bytes);
    if (!inner) return inner;
    bytes = std::move(*inner);
    form = events::form_of(bytes);
  }
  switch (form) {
    case TextForm::plain:
      return bytes;
    case TextForm::marked_utf8:
      return std::string(without_mark(bytes));
    case TextForm::utf16:
      return converted(bytes, utf16_of(bytes));
    case TextForm::utf32:
      return converted(bytes, "UTF-32");
    default:
      return Error(fmt::format("this is {}", events::advice(form)));
  }
}

Text read_json_text(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) return Error("this is no file");
  const uint64_t bytes = std::filesystem::file_size(path, error);
  if (error) return Error(fmt::format("the file cannot be read: {}", error.message()));
  if (bytes > max_json_file_bytes) return too_large(bytes);
  std::ifstream file(path, std::ios::binary);
  std::string content(bytes, '\0');
  file.read(content.data(), static_cast<std::streamsize>(bytes));
  if (!file) return Error("the file cannot be read; look at its permissions");
  return decode_json_text(std::move(content));
}

bool is_json_lines(std::string_view text) {
  size_t lines = 0;
  while (!text.empty() && lines < 2) {
    const std::string_view line = first_line(text);
    if (line.empty()) continue;
    if (!line.starts_with('{') || (lines == 0 && !line.ends_with('}'))) return false;
    ++lines;
  }
  return lines == 2;
}

std::string array_of_lines(std::string_view text) {
  std::string array;
  array.reserve(text.size() + 64);
  array.push_back('[');
  bool is_first = true;
  // Each line's end is one character, so that places stay; what parts two objects stands at a line's end.
  size_t last = 0;
  for (std::string_view rest = text; !rest.empty();) {
    const size_t begin = text.size() - rest.size();
    const bool is_blank = first_line(rest).empty();
    const size_t end = text.size() - rest.size();
    if (!is_blank && !is_first) array[last] = ',';
    array += text.substr(begin, end - begin);
    if (is_blank) continue;
    is_first = false;
    last = array.size() - 1;
  }
  array.push_back(']');
  return array;
}

std::string shortened(std::string_view text) {
  if (text.size() <= shown_bytes) return std::string(text);
  size_t end = shown_bytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return fmt::format("{}…", text.substr(0, end));
}

std::string place_in(std::string_view text, size_t at) {
  at = std::min(at, text.size());
  const std::string_view before = text.substr(0, at);
  const auto line = 1 + std::ranges::count(before, '\n');
  if (at == text.size()) return fmt::format("line {}, byte {}, where it ends", line, at + 1);
  std::string_view rest = text.substr(at);
  return fmt::format("line {}, byte {}, before `{}`", line, at + 1, shortened(rest.substr(0, rest.find('\n'))));
}

}  // namespace catlog::commandhandler::importing
