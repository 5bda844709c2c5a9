#include "events/text/json_grammar.h"

#include "events/text/utf8.h"

namespace catlog::events {
namespace {

// Goes over a text; what is not there as it should be leaves at() where it stands.
class Scanner {
 public:
  Scanner(std::string_view text, int max_levels, JsonTexts texts)
      : text_(text), max_levels_(max_levels), texts_(texts) {}
  size_t at() const { return at_; }
  bool document() {
    if (!value()) return false;
    blanks();
    return at_ == text_.size();
  }

 private:
  bool is(char c) const { return at_ < text_.size() && text_[at_] == c; }
  bool take(char c) {
    if (!is(c)) return false;
    ++at_;
    return true;
  }
  void blanks() {
    while (is(' ') || is('\t') || is('\r') || is('\n')) ++at_;
  }
  bool word(std::string_view word) {
    for (char c : word)
      if (!take(c)) return false;
    return true;
  }
  bool digits() {
    const size_t begin = at_;
    while (at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9') ++at_;
    return at_ > begin;
  }
  bool hex() {
    constexpr std::string_view known = "0123456789abcdefABCDEF";
    for (int digit = 0; digit < 4; ++digit) {
      if (at_ == text_.size() || known.find(text_[at_]) == std::string_view::npos) return false;
      ++at_;
    }
    return true;
  }
  bool number();
  bool escape();
  bool character();
  bool text();
  bool member();
  bool value();
  bool list(char end);

  std::string_view text_;
  int max_levels_;
  JsonTexts texts_;
  size_t at_ = 0;
  int level_ = 0;
};

bool Scanner::number() {
  take('-');
  if (!take('0') && !digits()) return false;
  if (take('.') && !digits()) return false;
  if (!is('e') && !is('E')) return true;
  ++at_;
  if (!take('+')) take('-');
  return digits();
}

// Behind the backslash.
bool Scanner::escape() {
  constexpr std::string_view simple = "\"\\/bfnrt";
  if (at_ < text_.size() && simple.find(text_[at_]) != std::string_view::npos) {
    ++at_;
    return true;
  }
  const size_t begin = at_;
  if (!take('u') || !hex()) return false;
  if (texts_ == JsonTexts::any) return true;
  const auto half = [this](size_t place) {
    const char second = text_[place + 2];
    const bool is_d = text_[place + 1] == 'd' || text_[place + 1] == 'D';
    return !is_d || second < '8'                                                            ? 0
           : second == '8' || second == '9' || (second | 32) == 'a' || (second | 32) == 'b' ? 1
                                                                                            : 2;
  };
  if (half(begin) == 0) return true;
  const size_t second = at_ + 1;
  const bool is_pair = half(begin) == 1 && word("\\u") && hex() && half(second) == 2;
  if (!is_pair) at_ = begin - 1;
  return is_pair;
}

// One character of UTF-8 beyond ASCII.
bool Scanner::character() {
  const size_t bytes = code_point_at(text_.substr(at_)).bytes;
  at_ += bytes;
  return bytes > 0;
}

bool Scanner::text() {
  if (!take('"')) return false;
  while (at_ < text_.size() && !is('"')) {
    const auto c = static_cast<unsigned char>(text_[at_]);
    if (c < 0x20) return false;
    if (c == '\\') {
      ++at_;
      if (!escape()) return false;
    } else if (c >= 0x80 && texts_ == JsonTexts::checked) {
      if (!character()) return false;
    } else {
      ++at_;
    }
  }
  return take('"');
}

bool Scanner::member() {
  blanks();
  if (!text()) return false;
  blanks();
  return take(':') && value();
}

// Behind the opening bracket or brace.
bool Scanner::list(char end) {
  if (++level_ > max_levels_) return false;
  blanks();
  if (!take(end)) {
    do {
      if (!(end == '}' ? member() : value())) return false;
      blanks();
    } while (take(','));
    if (!take(end)) return false;
  }
  --level_;
  return true;
}

bool Scanner::value() {
  blanks();
  if (at_ == text_.size()) return false;
  switch (text_[at_]) {
    case '{':
      ++at_;
      return list('}');
    case '[':
      ++at_;
      return list(']');
    case '"':
      return text();
    case 't':
      return word("true");
    case 'f':
      return word("false");
    case 'n':
      return word("null");
    default:
      return number();
  }
}

}  // namespace

std::optional<size_t> end_of_json(std::string_view text, int max_levels, JsonTexts texts) {
  Scanner scanner(text, max_levels, texts);
  if (scanner.document()) return std::nullopt;
  return scanner.at();
}

}  // namespace catlog::events
