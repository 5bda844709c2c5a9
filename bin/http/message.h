#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace catlog::http {

constexpr size_t max_header_bytes = 8'192;  // of a request, with its first line; it has no body

enum class Method { get, head };
enum class After { keep, close };  // of a connection, once the answer is sent

struct Request {
  Method method = Method::get;
  std::string path;   // as it was sent, beginning with /
  std::string query;  // what stood behind the ?
  // The fields of those names, as they were sent; empty: there was none, or more than one.
  std::string range = {}, if_range = {};
};

// A body that is made while it is sent. Threads: the server's; it goes when it was sent, or nobody takes it any more.
class Stream {
 public:
  virtual ~Stream() = default;
  virtual uint64_t size() const = 0;
  // Puts what comes next at the beginning of `into`, and says how much; 0: it is not there yet, and is asked for again
  // in a moment. Nothing: there will be no more, though size() was not reached; then the connection is cut.
  virtual std::optional<size_t> read(std::span<char> into) = 0;
};

struct Response {
  unsigned status = 200;
  std::string type = "text/plain; charset=utf-8";
  std::string body;
  std::vector<std::pair<std::string, std::string>> fields = {};  // beside those of every answer
  std::shared_ptr<Stream> stream = nullptr;                      // in place of the body
};

// What stands at the beginning of `input`, up to the end of a header: a request that may be answered, or the answer to
// one that may not. `after`: what the peer asked for; close, where no further request can be told from what is left.
struct ReadRequest {
  std::optional<Request> request;
  Response refused;  // where there is none
  Method method = Method::get;
  After after = After::close;
  size_t bytes = 0;  // that it took
};

// Nothing, as long as a header has not come to its end, and may. Every byte is somebody else's. `from`: so many bytes
// were looked at before.
//
// Only GET and HEAD without a body are requests, by HTTP/1.1 or 1.0, with one Host that is a name of the loopback
// interface (a page of another name, which resolves to 127.0.0.1, is refused by it). The path is compared as it is:
// nothing is decoded.
std::optional<ReadRequest> read_request(std::string_view input, size_t from = 0);

// The answer as bytes: without its body, but with its length, for HEAD and for a stream.
std::string to_bytes(const Response& response, Method method, After after);

}  // namespace catlog::http
