#include <boost/test/unit_test.hpp>

#include "projector/rebuild/rebuild.h"
#include "tests/support/write_side.h"

BOOST_AUTO_TEST_SUITE(magnet_rows_test)

// What the handler accepts the table must hold: an event that cannot be applied would stop the projector for good.
namespace {

using namespace catlog;

const std::string v1 = "dd8255ecdc7ca55fb0bbf81323d87062db1f6d1c",
                  other_v1 = "08ada5a7a6183aae1e09d831df6748d566095a10";
const std::string base32 = "3WBFL3G4PSSV7MF37AJSHWDQMLNR63I4";  // of v1
const std::string v2(64, 'c');

struct Case {
  const char* outcome;
  std::string magnet;
};

BOOST_AUTO_TEST_CASE(magnets_that_are_accepted_can_be_projected) {
  const std::string start = "magnet:?xt=urn:";
  const Case cases[] = {{"accepted", start + "btih:" + v1},
                        {"accepted", start + "btih:" + base32 + "&dn=urn:btih:" + other_v1},
                        {"accepted", start + "btmh:1220" + v2},
                        {"accepted", start + "btmh:1220" + v2 + "&xt=urn:btih:" + base32},
                        {"accepted", start + "btih:" + v1 + "&xt=urn:btmh:1220" + v2},
                        {"accepted", "magnet:?dn=x&xt=urn:btih:" + v1},
                        {"invalid magnetUri", start + "btih:" + other_v1 + "&xt=urn:btih:" + base32},
                        {"accepted", start + "btmh:1220%61" + v2.substr(1)},
                        {"accepted", "magnet:?xt=urn%3Abtih%3A" + v1 + "&dn=x"},
                        {"accepted", "magnet:?XT.2=urn:btih:" + base32},
                        {"invalid magnetUri", start + "btih:" + other_v1 + "&XT=urn:btih:" + base32},
                        {"invalid magnetUri", start + "btih:" + other_v1 + "&%78t=urn%3Abtih:" + base32},
                        {"invalid magnetUri", start + "btmh:1220" + v2.substr(2) + "zz"},
                        {"invalid magnetUri", start + "btih:" + v1.substr(2) + "zz"},
                        {"invalid magnetUri", start + "btih:" + v1 + "%61"}};
  for (const auto& [outcome, magnet] : cases) {
    tests::WriteSide side;
    side.accept(R"({"putMovie":{"tmdbId":1,"title":"T","overview":"","releaseDate":"","poster":"","backdrop":""}})");
    const auto receipt = side.send(R"({"addMovieSource":{"movie":{"tmdbId":1},"quality":"720p","type":"web","size":1,)"
                                   R"("language":"en","title":"T","magnetUri":")" +
                                   magnet + "\"}}");
    BOOST_TEST(tests::outcome(receipt) == outcome, magnet);
    BOOST_CHECK_NO_THROW(projector::build_file(side.log(), {}, side.directory() / "rows.sqlite", projector::whole_log));
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE_END()
