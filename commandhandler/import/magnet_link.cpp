#include "commandhandler/import/magnet_link.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "events/text/utf8.h"

namespace catlog::commandhandler::importing {
namespace {

std::string form_decoded(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    unsigned char byte = 0;
    const auto digits = text.substr(i + 1, 2);
    const bool is_code = text[i] == '%' && digits.size() == 2 &&
                         std::from_chars(digits.data(), digits.data() + 2, byte, 16).ptr == digits.data() + 2;
    out += is_code ? static_cast<char>(byte) : text[i] == '+' ? ' ' : text[i];
    if (is_code) i += 2;
  }
  return out;
}

}  // namespace

std::string percent_encoded(std::string_view text) {
  constexpr std::string_view plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
  std::string encoded;
  for (char c : text) {
    if (plain.find(c) != std::string_view::npos) {
      encoded += c;
    } else {
      encoded += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return encoded;
}

bool is_tracker(std::string_view url) {
  const auto is_plain = [](unsigned char c) { return c > 0x20 && c < 0x7f; };
  if (url.size() > 1'000 || !std::ranges::all_of(url, is_plain)) return false;
  for (std::string_view scheme : {"udp://", "http://", "https://", "ws://", "wss://"})
    if (url.starts_with(scheme)) return url.size() > scheme.size() && url[scheme.size()] != '/';
  return false;
}

std::string value_in(std::string_view magnet, std::string_view name) {
  magnet.remove_prefix(std::min(magnet.size(), magnet.find('?') == std::string_view::npos ? 0 : magnet.find('?') + 1));
  while (!magnet.empty()) {
    const auto parameter = magnet.substr(0, magnet.find('&'));
    magnet.remove_prefix(std::min(magnet.size(), parameter.size() + 1));
    const auto equals = parameter.find('=');
    if (equals == std::string_view::npos) continue;
    auto found = events::lower_ascii(parameter.substr(0, equals));
    if (const auto dot = found.rfind('.');
        dot != std::string::npos && found.find_first_not_of("0123456789", dot + 1) == std::string::npos)
      found.resize(dot);
    if (found == name) return form_decoded(parameter.substr(equals + 1));
  }
  return {};
}

bool names_tracker(std::string_view magnet) { return !value_in(magnet, "tr").empty(); }

std::string with_trackers(std::string magnet, const std::vector<std::string>& trackers) {
  for (const auto& tracker : trackers) magnet.append("&tr=").append(percent_encoded(tracker));
  return magnet;
}

}  // namespace catlog::commandhandler::importing
