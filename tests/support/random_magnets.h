#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "tests/support/random_texts.h"

namespace catlog::tests {

// Magnet links by a grammar that knows what libtorrent takes and what others write: names in any case and with numbers,
// percent-encodings of names and values, topics of both versions in hex and base32, twice, cut, in any order, with
// trackers, other topics, quotes and parameters without a value between.
class RandomMagnets {
 public:
  explicit RandomMagnets(uint64_t seed) : random_(seed) {}

  // What the topics name: two of each version.
  std::vector<std::string> hashes() const { return {v1(0), v1(1), v2(0), v2(1)}; }

  std::string next() {
    std::string link = random_.below(30) == 0 ? "MAGNET:?" : random_.below(50) == 0 ? "magnet:" : "magnet:?";
    for (auto count = 1 + random_.below(3); count > 0; --count) {
      if (random_.below(3) == 0) link += other() + "&";
      link += topic() + (count > 1 || random_.below(8) == 0 ? "&" : "");
    }
    if (random_.below(3) == 0) link += "&" + other();
    return link;
  }

 private:
  static std::string v1(uint64_t which) { return which == 0 ? std::string(36, 'a') + "0f1e" : std::string(40, 'b'); }
  static std::string v2(uint64_t which) { return which == 0 ? std::string(60, 'c') + "90ab" : std::string(64, 'd'); }
  bool one_in(uint64_t many) { return random_.below(many) == 0; }

  std::string topic() {
    const auto which = one_in(6) ? 1u : 0u;
    std::string value;
    switch (random_.below(8)) {
      case 0:
      case 1:
        value = "urn:btmh:1220" + v2(which);
        break;
      case 2:  // v1(1) in base32
        value = "urn:btih:XO53XO53XO53XO53XO53XO53XO53XO53";
        break;
      case 3:
        value = one_in(2) ? "urn:sha1:TXGCZQTH26NL6OUQAJJPFALHG2LTGBC7" : "urn:btmh:1114" + v1(0);
        break;
      default:
        value = "urn:btih:" + v1(which);
    }
    if (one_in(12)) value = one_in(2) ? value.substr(0, random_.below(value.size())) : value + "0";
    if (one_in(12) && !value.empty()) value[random_.below(value.size())] = 'z';
    std::string name = one_in(8) ? "dn" : "xt";
    if (one_in(6)) name += "." + std::to_string(random_.below(12));
    if (one_in(20)) name += ".x";
    return encoded(cased(name)) + "=" + encoded(one_in(10) ? cased(value) : value);
  }
  std::string other() {
    static const char* const others[] = {"dn=Big+Buck+Bunny",
                                         "tr=udp%3A%2F%2Fexample.org%3A1",
                                         "foo",
                                         "",
                                         "dn=\"a",
                                         "a\"=b",
                                         "dn=xt",
                                         "as=urn:btih:",
                                         "tr=%zz",
                                         "so=0-3",
                                         "x.pe=127.0.0.1:1",
                                         "dn=a;xt=b"};
    return others[random_.below(std::size(others))];
  }
  std::string cased(std::string text) {
    if (!one_in(4)) return text;
    for (char& c : text)
      if (c >= 'a' && c <= 'z' && one_in(2)) c = static_cast<char>(c - 'a' + 'A');
    return text;
  }
  std::string encoded(const std::string& text) {
    const auto often = one_in(3) ? 2 + random_.below(20) : 0;
    std::string out;
    for (const char c : text)
      if (often > 0 && random_.below(often) == 0)
        out += fmt::format(fmt::runtime(one_in(2) ? "%{:02x}" : "%{:02X}"), static_cast<unsigned char>(c));
      else
        out += c;
    return out;
  }

  RandomTexts random_;
};

}  // namespace catlog::tests
