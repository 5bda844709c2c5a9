#pragma once
#include <string>

namespace catlog::projector {

// Text for a terminal: each control character (C0, DEL, C1) is a space, so that no title can move the cursor, colour
// the screen or name the window.
std::string printable(std::string text);

}  // namespace catlog::projector
