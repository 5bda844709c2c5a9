#pragma once
#include <string>
#include <string_view>

namespace catlog::commandhandler::importing {

// What a release's name says of its picture and of what it was made from, in the words that sources use: 2160p, 1440p,
// 1080p, 720p, 480p, 3D; bluray, web, hdtv, dvd, scr, tc, ts, cam. Empty: it does not say.
struct Release {
  std::string quality, type;
};

// Reads names as they are given to releases, "Some.Film.2019.1080p.BluRay.x264-GROUP". What stands in front of the year
// is the title, where words such as Web and Cam mean nothing. Of several types the worst counts.
Release read_release_name(std::string_view name);

}  // namespace catlog::commandhandler::importing
