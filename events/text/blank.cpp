#include "events/text/blank.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "events/text/utf8.h"

namespace catlog::events {
namespace {

constexpr std::array<CodePoints, 23> blanks{
    {{0x0, 0x20},      {0x7F, 0xA0},       {0xAD, 0xAD},       {0x34F, 0x34F},     {0x61C, 0x61C},    {0x115F, 0x1160},
     {0x1680, 0x1680}, {0x17B4, 0x17B5},   {0x180B, 0x180F},   {0x2000, 0x200F},   {0x2028, 0x202F},  {0x205F, 0x206F},
     {0x2800, 0x2800}, {0x3000, 0x3000},   {0x3164, 0x3164},   {0xFE00, 0xFE0F},   {0xFEFF, 0xFEFF},  {0xFFA0, 0xFFA0},
     {0xFFF0, 0xFFFB}, {0x1BCA0, 0x1BCA3}, {0x1D159, 0x1D159}, {0x1D173, 0x1D17A}, {0xE0000, 0xE0FFF}}};

bool is_blank_code_point(char32_t c) {
  const auto range = std::ranges::lower_bound(blanks, c, {}, &CodePoints::last);
  return range != blanks.end() && range->first <= c;
}

}  // namespace

std::span<const CodePoints> blank_code_points() { return blanks; }

bool is_blank(std::string_view text) {
  while (!text.empty())
    if (!is_blank_code_point(take_code_point(text))) return false;
  return true;
}

std::string spelled_out(std::string_view text) {
  std::string out;
  while (!text.empty())
    fmt::format_to(std::back_inserter(out), "{}U+{:04X}", out.empty() ? "" : " ",
                   static_cast<uint32_t>(take_code_point(text)));
  return out;
}

}  // namespace catlog::events
