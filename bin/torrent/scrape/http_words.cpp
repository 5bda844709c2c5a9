#include "bin/torrent/scrape/http_words.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

namespace catlog::scrape {

namespace beast = boost::beast;

std::string scrape_request(const TrackerUrl& url, std::span<const Hash> hashes) {
  std::string target = url.path;
  char mark = target.find('?') == target.npos ? '?' : '&';
  for (const Hash& hash : hashes.first(std::min(hashes.size(), hashes_a_request))) {
    target += mark;
    target += "info_hash=";
    for (const uint8_t byte : hash) target += fmt::format("%{:02x}", byte);
    mark = '&';
  }
  const bool is_v6 = url.host.find(':') != url.host.npos;
  return fmt::format(
      "GET {} HTTP/1.1\r\nHost: {}{}{}:{}\r\nUser-Agent: catlog-torrent\r\nAccept-Encoding: identity\r\n"
      "Connection: close\r\n\r\n",
      target, is_v6 ? "[" : "", url.host, is_v6 ? "]" : "", url.port);
}

HttpAnswer read_http(std::string_view input, End end) {
  beast::http::response_parser<beast::http::string_body> parser;
  parser.header_limit(max_answer_header);
  parser.body_limit(max_answer_body);
  parser.eager(true);
  beast::error_code fault;
  while (!input.empty() && !parser.is_done()) {
    const size_t taken = parser.put(boost::asio::buffer(input.data(), input.size()), fault);
    if (fault || taken == 0) break;
    input.remove_prefix(taken);
  }
  if (fault && fault != beast::http::error::need_more) return {HttpAnswer::State::bad, {}};
  if (!parser.is_done() && end == End::closed && parser.got_some()) parser.put_eof(fault);
  if (!parser.is_done()) return {end == End::closed ? HttpAnswer::State::bad : HttpAnswer::State::unfinished, {}};
  if (fault || parser.get().result() != beast::http::status::ok) return {HttpAnswer::State::bad, {}};
  return {HttpAnswer::State::whole, std::move(parser.get().body())};
}

}  // namespace catlog::scrape
