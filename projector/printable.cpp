#include "projector/printable.h"

namespace catlog::projector {

std::string printable(std::string text) {
  for (size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte < 0x20 || byte == 0x7f) text[i] = ' ';
    // In UTF-8 C1 is C2 80 to C2 9F.
    if (byte == 0xc2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xa0) {
      text.erase(i, 1);
      text[i] = ' ';
    }
  }
  return text;
}

}  // namespace catlog::projector
