#include "bin/http/message.h"

#include <algorithm>
#include <cctype>

#include <boost/beast/core/buffers_range.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/serializer.hpp>
#include <boost/beast/http/string_body.hpp>

namespace catlog::http {

namespace beast = boost::beast;
using Parser = beast::http::request_parser<beast::http::empty_body>;
using Message = beast::http::response<beast::http::string_body>;

namespace {

constexpr std::string_view end_of_header = "\r\n\r\n";
constexpr unsigned http_1_1 = 11;

enum Status : unsigned {
  bad_request = 400,
  not_allowed = 405,
  too_large = 413,
  misdirected = 421,
  header_too_large = 431,
  other_version = 505,
};

ReadRequest refuse(unsigned status, std::string sentence, After after = After::close) {
  ReadRequest read;
  read.refused.status = status;
  read.refused.body = std::move(sentence) + "\n";
  read.after = after;
  return read;
}

ReadRequest refuse(const beast::error_code& fault) {
  using beast::http::error;
  if (fault == error::header_limit || fault == error::buffer_overflow)
    return refuse(header_too_large, "the header of a request has at most 8192 bytes");
  if (fault == error::bad_version) return refuse(other_version, "speak HTTP/1.1");
  if (fault == error::unexpected_body || fault == error::body_limit) return refuse(too_large, "a request has no body");
  return refuse(bad_request, "this is no request of HTTP/1.1");
}

// localhost, 127.0.0.1 and its like, [::1], with a port or without.
bool is_loopback(std::string_view host) {
  const bool is_v6 = host.starts_with('[');
  const auto end_of_name = is_v6 ? host.find(']') : host.find(':');
  const std::string_view name = host.substr(0, is_v6 && end_of_name != host.npos ? end_of_name + 1 : end_of_name);
  const std::string_view port = host.substr(name.size());
  const auto digits = [](std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
  };
  if (!port.empty() && (!port.starts_with(':') || port.size() > 6 || !digits(port.substr(1)))) return false;
  if (beast::iequals({name.data(), name.size()}, "localhost") || name == "[::1]") return true;
  int dots = 0;
  for (size_t at = 0; at <= name.size();) {
    const auto part = name.substr(at, name.find('.', at) - at);
    if (part.size() > 3 || !digits(part) || (dots == 0 && part != "127")) return false;
    at += part.size() + 1;
    ++dots;
  }
  return dots == 4;
}

std::string only(const beast::http::fields& fields, beast::http::field name) {
  if (fields.count(name) != 1) return {};
  const auto value = fields[name];
  return {value.data(), value.size()};
}

// Of a header that is whole: what must not be answered.
std::optional<ReadRequest> fault_of(const Parser& parser) {
  const auto& message = parser.get();
  const bool may_keep = parser.is_done() && message.keep_alive() && message.version() == http_1_1;
  if (message.count(beast::http::field::host) != 1) return refuse(bad_request, "a request has one Host");
  const auto host = message[beast::http::field::host];
  if (!is_loopback({host.data(), host.size()}))
    return refuse(misdirected, "this answers as localhost, 127.0.0.1 and [::1] only");
  if (message.target().empty() || message.target().front() != '/')
    return refuse(bad_request, "a request's target begins with /");
  const auto method = message.method();
  if (method != beast::http::verb::get && method != beast::http::verb::head) {
    auto refused = refuse(not_allowed, "ask with GET or HEAD", may_keep ? After::keep : After::close);
    refused.refused.fields.emplace_back("Allow", "GET, HEAD");
    return refused;
  }
  if (!parser.is_done()) return refuse(too_large, "a request has no body");
  return {};
}

}  // namespace

std::optional<ReadRequest> read_request(std::string_view input, size_t from) {
  const size_t end = input.find(end_of_header, from - std::min(from, end_of_header.size() - 1));
  if (end == input.npos && input.size() <= max_header_bytes) return {};
  if (end == input.npos || end + end_of_header.size() > max_header_bytes)
    return refuse(beast::http::make_error_code(beast::http::error::header_limit));
  Parser parser;
  parser.header_limit(max_header_bytes);
  beast::error_code fault;
  const size_t bytes = parser.put(boost::asio::buffer(input.data(), end + end_of_header.size()), fault);
  if (fault || !parser.is_header_done())
    return refuse(fault ? fault : beast::http::make_error_code(beast::http::error::bad_line_ending));
  const auto& message = parser.get();
  const bool is_head = message.method() == beast::http::verb::head;
  ReadRequest read;
  if (auto refused = fault_of(parser)) {
    read = std::move(*refused);
  } else {
    const std::string_view target(message.target().data(), message.target().size());
    const size_t mark = std::min(target.find('?'), target.size());
    read.request = Request{is_head ? Method::head : Method::get, std::string(target.substr(0, mark)),
                           std::string(target.substr(std::min(mark + 1, target.size()))),
                           only(message, beast::http::field::range), only(message, beast::http::field::if_range)};
    if (message.keep_alive() && message.version() == http_1_1) read.after = After::keep;
  }
  read.method = is_head ? Method::head : Method::get;
  read.bytes = bytes;
  return read;
}

std::string to_bytes(const Response& response, Method method, After after) {
  Message message(beast::http::int_to_status(response.status), http_1_1);
  message.set(beast::http::field::content_type, response.type);
  message.set(beast::http::field::cache_control, "no-store");
  message.set("X-Content-Type-Options", "nosniff");
  for (const auto& [name, value] : response.fields) message.set(name, value);
  message.keep_alive(after == After::keep);
  message.body() = response.body;
  if (response.stream)
    message.content_length(response.stream->size());
  else
    message.prepare_payload();
  const bool is_header_only = method == Method::head || response.stream;
  beast::http::response_serializer<beast::http::string_body> serializer(message);
  serializer.split(is_header_only);
  std::string bytes;
  while (is_header_only ? !serializer.is_header_done() : !serializer.is_done()) {
    size_t taken = 0;
    beast::error_code fault;
    serializer.next(fault, [&](beast::error_code&, const auto& buffers) {
      for (const auto buffer : beast::buffers_range_ref(buffers)) {
        bytes.append(static_cast<const char*>(buffer.data()), buffer.size());
        taken += buffer.size();
      }
    });
    if (fault) break;
    serializer.consume(taken);
  }
  return bytes;
}

}  // namespace catlog::http
