#pragma once
#include <cstdint>
#include <random>
#include <string>

namespace catlog::tests {

inline void append_utf8(char32_t c, std::string& out) {
  const auto put = [&](char32_t byte) { out += static_cast<char>(byte); };
  if (c < 0x80) return put(c);
  if (c < 0x800) {
    put(0xC0 | c >> 6);
  } else {
    if (c < 0x10000) {
      put(0xE0 | c >> 12);
    } else {
      put(0xF0 | c >> 18);
      put(0x80 | (c >> 12 & 0x3F));
    }
    put(0x80 | (c >> 6 & 0x3F));
  }
  put(0x80 | (c & 0x3F));
}

inline std::string utf8(char32_t c) {
  std::string out;
  append_utf8(c, out);
  return out;
}

inline bool is_scalar(char32_t c) { return c != 0 && c <= 0x10FFFF && (c < 0xD800 || c > 0xDFFF); }

// Texts without NUL that somebody could send: of any script, of what shows nothing, of what means something to a
// pattern, at the edges of what UTF-8 can say, now and then very long.
class RandomTexts {
 public:
  explicit RandomTexts(uint64_t seed) : random_(seed) {}
  uint64_t below(uint64_t end) { return std::uniform_int_distribution<uint64_t>(0, end - 1)(random_); }
  char32_t code_point() {
    static constexpr char32_t edges[] = {1,      0x7F,   0x80,   0x7FF,   0x800,   0xD7FF,  0xE000,
                                         0xFFFD, 0xFFFE, 0xFFFF, 0x10000, 0x1FFFE, 0xE0FFF, 0x10FFFF};
    static constexpr char32_t invisible[] = {' ',    '\t',   0x85,   0xA0,   0xAD,   0x1680, 0x180E, 0x2003, 0x200B,
                                             0x202E, 0x2028, 0x205F, 0x2066, 0x2800, 0x3000, 0x3164, 0xFEFF, 0xE0020};
    static constexpr char32_t scripts[] = {'A',   0xC0,   0x300,  0x391,  0x410,  0x5D0,   0x627,  0x915,
                                           0xE01, 0x1100, 0x3042, 0x4E00, 0xAC00, 0x1F600, 0xFB01, 0xFF21};
    static constexpr char signs[] = "*?[]^-%_'\"\\&=.,:;{}()/$#@!~0123456789";
    switch (below(6)) {
      case 0:
        return edges[below(std::size(edges))];
      case 1:
        return invisible[below(std::size(invisible))];
      case 2:
        return static_cast<char32_t>(signs[below(sizeof signs - 1)]);
      case 3:
        return scripts[below(std::size(scripts))] + static_cast<char32_t>(below(26));
      default:
        for (;;)
          if (const auto c = static_cast<char32_t>(below(0x110000)); is_scalar(c)) return c;
    }
  }
  std::string text() {
    std::string out;
    if (below(64) == 0) {
      const auto piece = utf8(code_point());
      for (auto count = below(100'000); count > 0; --count) out += piece;
      return out;
    }
    // Nothing but one kind is what blank texts are made of.
    const bool all_invisible = below(4) == 0;
    for (auto count = below(8); count > 0; --count) append_utf8(all_invisible ? 0x2000 + below(16) : code_point(), out);
    return out;
  }

 private:
  std::mt19937_64 random_;
};

}  // namespace catlog::tests
