#pragma once
#include <span>
#include <string>
#include <string_view>

namespace catlog::events {

struct CodePoints {
  char32_t first, last;
};

// The code points that show nothing, in order: those with Unicode's White_Space or Default_Ignorable_Code_Point, the
// controls, and a few that fonts draw as nothing (braille blank, interlinear annotation marks, null notehead). The
// CHECKs of the read model's schema name the same ones (property.rules compares them), so the list changes only
// together with a migration; unit.blank says when Unicode has got further.
std::span<const CodePoints> blank_code_points();

// Whether nothing in a UTF-8 text can be seen. An empty one is blank.
bool is_blank(std::string_view text);

// A text by its code points: "U+00A0 U+200B".
std::string spelled_out(std::string_view text);

}  // namespace catlog::events
