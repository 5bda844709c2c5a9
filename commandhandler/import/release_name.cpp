#include "commandhandler/import/release_name.h"

#include <algorithm>
#include <span>
#include <utility>
#include <vector>

#include "events/text/utf8.h"

namespace catlog::commandhandler::importing {
namespace {

// Whether a word says it anywhere, or only where no title can be.
enum class Says { anywhere, behind_title };

struct Word {
  std::string_view spelled;
  std::string_view means;
  Says says;
};

// Numbers first: a 1080p picture may come from a UHD disc.
constexpr Word qualities[] = {
    {"2160p", "2160p", Says::anywhere},      {"2160i", "2160p", Says::anywhere},   {"1440p", "1440p", Says::anywhere},
    {"1080p", "1080p", Says::anywhere},      {"1080i", "1080p", Says::anywhere},   {"720p", "720p", Says::anywhere},
    {"720i", "720p", Says::anywhere},        {"576p", "480p", Says::anywhere},     {"540p", "480p", Says::anywhere},
    {"480p", "480p", Says::anywhere},        {"480i", "480p", Says::anywhere},     {"360p", "480p", Says::anywhere},
    {"4k", "2160p", Says::behind_title},     {"uhd", "2160p", Says::behind_title}, {"fhd", "1080p", Says::behind_title},
    {"fullhd", "1080p", Says::behind_title}, {"sd", "480p", Says::behind_title}};

constexpr std::string_view in_3d[] = {"3d", "hsbs", "halfsbs", "sbs", "hou", "halfou"};

// From the worst on.
constexpr Word types[] = {{"camrip", "cam", Says::anywhere},      {"hdcam", "cam", Says::anywhere},
                          {"hqcam", "cam", Says::anywhere},       {"cam", "cam", Says::behind_title},
                          {"hdts", "ts", Says::anywhere},         {"telesync", "ts", Says::anywhere},
                          {"hqts", "ts", Says::anywhere},         {"predvd", "ts", Says::anywhere},
                          {"predvdrip", "ts", Says::anywhere},    {"ts", "ts", Says::behind_title},
                          {"hdtc", "tc", Says::anywhere},         {"telecine", "tc", Says::anywhere},
                          {"tc", "tc", Says::behind_title},       {"dvdscr", "scr", Says::anywhere},
                          {"bdscr", "scr", Says::anywhere},       {"webscr", "scr", Says::anywhere},
                          {"dvdscreener", "scr", Says::anywhere}, {"screener", "scr", Says::behind_title},
                          {"scr", "scr", Says::behind_title},     {"dvdrip", "dvd", Says::anywhere},
                          {"dvd5", "dvd", Says::anywhere},        {"dvd9", "dvd", Says::anywhere},
                          {"dvdr", "dvd", Says::anywhere},        {"dvd", "dvd", Says::behind_title},
                          {"r5", "dvd", Says::behind_title},      {"hdtv", "hdtv", Says::anywhere},
                          {"hdtvrip", "hdtv", Says::anywhere},    {"pdtv", "hdtv", Says::anywhere},
                          {"dsr", "hdtv", Says::behind_title},    {"tvrip", "hdtv", Says::anywhere},
                          {"satrip", "hdtv", Says::anywhere},     {"dvbrip", "hdtv", Says::anywhere},
                          {"webdl", "web", Says::anywhere},       {"webrip", "web", Says::anywhere},
                          {"webhd", "web", Says::anywhere},       {"hdrip", "web", Says::anywhere},
                          {"web", "web", Says::behind_title},     {"bluray", "bluray", Says::anywhere},
                          {"bdrip", "bluray", Says::anywhere},    {"brrip", "bluray", Says::anywhere},
                          {"bdremux", "bluray", Says::anywhere},  {"bdmv", "bluray", Says::anywhere},
                          {"bd25", "bluray", Says::anywhere},     {"bd50", "bluray", Says::anywhere},
                          {"bd", "bluray", Says::behind_title}};

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (static_cast<unsigned char>(c) & 0x80);
}

std::vector<std::string_view> words_of(std::string_view name) {
  std::vector<std::string_view> words;
  for (size_t at = 0; at < name.size();) {
    const size_t begin = at;
    while (at < name.size() && is_word(name[at])) ++at;
    if (at > begin) words.push_back(name.substr(begin, at - begin));
    if (at < name.size()) ++at;
  }
  return words;
}

// A film's: the first word cannot be it.
bool is_year(std::string_view word) {
  return word.size() == 4 && (word.starts_with("19") || word.starts_with("20")) &&
         word.find_first_not_of("0123456789") == std::string_view::npos;
}

// The file's ending and the group's name, which may spell anything.
std::string_view without_ends(std::string_view name) {
  for (std::string_view ending : {".mkv", ".mp4", ".avi", ".m4v", ".ts", ".m2ts", ".mov", ".wmv", ".iso", ".webm"})
    if (name.ends_with(ending)) name.remove_suffix(ending.size());
  const auto dash = name.rfind('-');
  if (dash == std::string_view::npos || dash == 0) return name;
  const auto group = name.substr(dash + 1);
  const bool is_part = group == "dl" || group == "rip" || group == "ray" || group == "ts" || group == "tc" ||
                       group == "cam" || group == "hd" || group == "scr" || group == "sbs" || group == "ou";
  const bool is_last = group.find_first_of(" .([") == std::string_view::npos;
  return is_last && !is_part ? name.substr(0, dash) : name;
}

// Whether a word, or two that a dash or dot parts, are this one.
bool holds(std::span<const std::string_view> words, std::string_view wanted) {
  for (size_t i = 0; i < words.size(); ++i) {
    if (words[i] == wanted) return true;
    if (i + 1 < words.size() && words[i].size() < wanted.size() && wanted.starts_with(words[i]) &&
        wanted.substr(words[i].size()) == words[i + 1])
      return true;
  }
  return false;
}

std::string meant(std::span<const std::string_view> all, size_t behind_title, std::span<const Word> words) {
  const auto tail = all.subspan(behind_title);
  for (const Word& word : words)
    if (holds(tail, word.spelled)) return std::string(word.means);
  for (const Word& word : words)
    if (word.says == Says::anywhere && holds(all, word.spelled)) return std::string(word.means);
  return {};
}

// 1920x1080 and the like.
std::string by_pixels(std::span<const std::string_view> words) {
  constexpr std::pair<std::string_view, std::string_view> widths[] = {{"3840x", "2160p"}, {"2560x", "1440p"},
                                                                      {"1920x", "1080p"}, {"1280x", "720p"},
                                                                      {"854x", "480p"},   {"720x", "480p"}};
  for (const auto& [width, quality] : widths)
    for (const auto word : words)
      if (word.starts_with(width) && word.size() <= 9) return std::string(quality);
  return {};
}

}  // namespace

Release read_release_name(std::string_view name) {
  const std::string lower = events::lower_ascii(name);
  const auto words = words_of(without_ends(lower));
  size_t behind_title = words.size();
  for (size_t i = 1; i < words.size(); ++i)
    if (is_year(words[i])) behind_title = i + 1;
  // Without a year the title ends where the first word stands that can be in none.
  if (behind_title == words.size())
    for (size_t i = words.size(); i-- > 0;)
      if (std::ranges::any_of(
              qualities, [&](const Word& word) { return word.says == Says::anywhere && word.spelled == words[i]; }))
        behind_title = i;
  Release release{meant(words, behind_title, qualities), meant(words, behind_title, types)};
  if (release.quality.empty()) release.quality = by_pixels(words);
  const auto tail = std::span(words).subspan(behind_title);
  if (std::ranges::any_of(in_3d, [&](std::string_view word) { return holds(tail, word); })) release.quality = "3D";
  return release;
}

}  // namespace catlog::commandhandler::importing
