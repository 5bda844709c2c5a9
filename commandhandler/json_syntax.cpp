#include "commandhandler/json_syntax.h"

#include <vector>

namespace catlog::commandhandler {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_hex_digit(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

// Each skip_… moves behind what it is named for, or says false.
class Syntax {
 public:
  explicit Syntax(std::string_view text) : at_(text.data()), end_(at_ + text.size()) {}
  bool is_one_value();

 private:
  char peek() const { return at_ == end_ ? '\0' : *at_; }  // a NUL is nowhere allowed
  bool skip(char c) {
    if (peek() != c || at_ == end_) return false;
    ++at_;
    return true;
  }
  void skip_space() {
    while (peek() == ' ' || peek() == '\t' || peek() == '\n' || peek() == '\r') ++at_;
  }
  bool skip_word(std::string_view word) {
    if (!std::string_view(at_, end_).starts_with(word)) return false;
    at_ += word.size();
    return true;
  }
  bool skip_digits() {
    if (!is_digit(peek())) return false;
    while (is_digit(peek())) ++at_;
    return true;
  }
  bool skip_number();
  bool skip_escape();
  bool skip_string();
  bool skip_scalar();
  bool skip_name();
  bool close_all();

  const char* at_;
  const char* end_;
  std::vector<char> open_;  // brackets that will close what is open
};

bool Syntax::skip_number() {
  skip('-');
  if (!skip('0') && !skip_digits()) return false;
  if (skip('.') && !skip_digits()) return false;
  if (!skip('e') && !skip('E')) return true;
  if (!skip('+')) skip('-');
  return skip_digits();
}

bool Syntax::skip_escape() {
  if (skip('u')) {
    for (int i = 0; i < 4; ++i, ++at_)
      if (!is_hex_digit(peek())) return false;
    return true;
  }
  if (std::string_view("\"\\/bfnrt").find(peek()) == std::string_view::npos) return false;
  ++at_;
  return true;
}

bool Syntax::skip_string() {
  if (!skip('"')) return false;
  while (!skip('"')) {
    if (static_cast<unsigned char>(peek()) < 0x20) return false;
    if (*at_++ == '\\' && !skip_escape()) return false;
  }
  return true;
}

bool Syntax::skip_scalar() {
  switch (peek()) {
    case '"':
      return skip_string();
    case 'n':
      return skip_word("null");
    case 't':
      return skip_word("true");
    case 'f':
      return skip_word("false");
    default:
      return skip_number();
  }
}

// "name":, in an object; nothing in an array.
bool Syntax::skip_name() {
  if (open_.empty() || open_.back() != '}') return true;
  skip_space();
  if (!skip_string()) return false;
  skip_space();
  return skip(':');
}

// Behind a value: closes what ends here. False when it is followed by something else than a further value or the end.
bool Syntax::close_all() {
  for (skip_space(); !open_.empty(); skip_space()) {
    if (skip(',')) return skip_name();
    if (!skip(open_.back())) return false;
    open_.pop_back();
  }
  return true;
}

bool Syntax::is_one_value() {
  for (;;) {
    skip_space();
    const char c = peek();
    if (c == '[' || c == '{') {
      ++at_;
      open_.push_back(c == '[' ? ']' : '}');
      if (open_.size() > static_cast<size_t>(max_json_levels)) return false;
      skip_space();
      if (peek() != open_.back()) {
        if (!skip_name()) return false;
        continue;
      }
    } else if (!skip_scalar()) {
      return false;
    }
    if (!close_all()) return false;
    if (open_.empty()) return at_ == end_;
  }
}

}  // namespace

bool is_json(std::string_view text) { return Syntax(text).is_one_value(); }

}  // namespace catlog::commandhandler
