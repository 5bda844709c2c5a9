#include "commandhandler/import/release_name.h"

#include <boost/test/unit_test.hpp>

#include <string>

BOOST_AUTO_TEST_SUITE(release_name_test)

using catlog::commandhandler::importing::read_release_name;

namespace {

struct Named {
  const char* name;
  const char* quality;
  const char* type;
};

// As releases are named in the wild, over twenty years.
const Named names[] = {{"Sintel.2010.1080p.BluRay.x264-DON", "1080p", "bluray"},
                       {"Big Buck Bunny (2008) [1080p] [WEBRip] [5.1] [YTS.MX]", "1080p", "web"},
                       {"Tears.of.Steel.2012.2160p.UHD.BluRay.x265.10bit.HDR.DTS-HD.MA.5.1-GROUP", "2160p", "bluray"},
                       {"Cosmos Laundromat (2015) 720p BrRip x264 - YIFY", "720p", "bluray"},
                       {"Night.of.the.Living.Dead.1968.REMASTERED.1080p.UHD.BluRay.DD1.0.x264-LoRD", "1080p", "bluray"},
                       {"Charade.1963.DVDRip.XviD-aXXo", "", "dvd"},
                       {"Charade 1963 480p DVDRip x264-mSD", "480p", "dvd"},
                       {"Spring.2019.1080p.WEB-DL.DD5.1.H264-FGT", "1080p", "web"},
                       {"Spring.2019.1080p.AMZN.WEB-DL.DDP5.1.H.264-NTb", "1080p", "web"},
                       {"Sprite.Fright.2021.2160p.WEB.h265-KOGi", "2160p", "web"},
                       {"Coffee Run 2020 1080p WEB x264", "1080p", "web"},
                       {"His.Girl.Friday.1940.Criterion.720p.BDRip.x265.HEVC", "720p", "bluray"},
                       {"Detour.1945.4K.Restoration.1080p.BluRay.REMUX.AVC.FLAC.1.0", "1080p", "bluray"},
                       {"Detour.1945.4K.HDR.DV.BluRay.REMUX", "2160p", "bluray"},
                       {"Carnival.of.Souls.1962.HDTV.720p.x264", "720p", "hdtv"},
                       {"Carnival.of.Souls.1962.1080i.HDTV.MPEG2", "1080p", "hdtv"},
                       {"Plan 9 from Outer Space 1959 PDTV XviD", "", "hdtv"},
                       {"Charge.2022.HDCAM.x264-C4P", "", "cam"},
                       {"Charge.2022.1080p.HDCAM.x264", "1080p", "cam"},
                       {"Charge 2022 NEW HD-TS 720p x264 AC3-CPG", "720p", "ts"},
                       {"Charge.2022.HDTS.1080p.x264", "1080p", "ts"},
                       {"Charge.2022.TELESYNC.XviD", "", "ts"},
                       {"Charge.2022.1080p.HDTC.x264", "1080p", "tc"},
                       {"Charge.2022.CAMRip.XviD-UNiQUE", "", "cam"},
                       {"Charge.2022.DVDSCR.XviD.MP3", "", "scr"},
                       {"Charge.2022.1080p.SCREENER.WEB-DL", "1080p", "scr"},
                       {"Charge.2022.HDRip.XviD.AC3", "", "web"},
                       {"Charge.2022.R5.LiNE.XviD", "", "dvd"},
                       {"Metropolis.1927.1920x1080.BluRay", "1080p", "bluray"},
                       {"Metropolis.1927.3840x2160.HEVC.WEBRip", "2160p", "web"},
                       {"Elephants.Dream.2006.1080p.3D.Half-SBS.BluRay", "3D", "bluray"},
                       {"Elephants Dream (2006) 3D HSBS 1080p BluRay", "3D", "bluray"},
                       {"Blade.Runner.2049.2017.1080p.BluRay.x264-SPARKS", "1080p", "bluray"},
                       {"1917.2019.720p.WEBRip.x264-GalaxyRG", "720p", "web"},
                       {"2012.2009.1080p.Blu-ray.x264", "1080p", "bluray"},
                       // Titles that spell what a type is called.
                       {"The.Web.1947.1080p.BluRay.x264", "1080p", "bluray"},
                       {"Cam.2018.720p.NF.WEB-DL.DDP5.1.x264-NTG", "720p", "web"},
                       {"Bluray.Dreams.2015.DVD9", "", "dvd"},
                       {"The Cam 720p WEBRip", "720p", "web"},
                       {"HERO 720p WEB", "720p", "web"},
                       // A group may be called anything.
                       {"Glass.Half.2015.1080p.WEBRip.x264-CAMELOT", "1080p", "web"},
                       {"Glass.Half.2015.1080p.WEBRip.x264-BD", "1080p", "web"},
                       {"Sita.Sings.the.Blues.2008.720p.x264.mkv", "720p", ""},
                       {"Sita Sings the Blues", "", ""},
                       {"sintel.mp4", "", ""},
                       {"", "", ""},
                       {"-", "", ""},
                       {"...", "", ""}};

}  // namespace

BOOST_AUTO_TEST_CASE(names_say_picture_and_origin) {
  for (const auto& [name, quality, type] : names) {
    const auto release = read_release_name(name);
    BOOST_TEST(release.quality == quality, name << ": " << release.quality);
    BOOST_TEST(release.type == type, name << ": " << release.type);
  }
}

BOOST_AUTO_TEST_SUITE_END()
