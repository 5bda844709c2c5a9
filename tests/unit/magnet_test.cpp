#include "commandhandler/rules/magnet.h"

#include <boost/test/unit_test.hpp>

#include <string>

BOOST_AUTO_TEST_SUITE(magnet_test)

using namespace catlog::commandhandler;

namespace {

const std::string v1 = "dd8255ecdc7ca55fb0bbf81323d87062db1f6d1c";
const std::string v2 = "caf1e1c30e81cb361b9ee167c4aa64228a7fa4fa9f6105232b28ad099f3a302e";

}  // namespace

BOOST_AUTO_TEST_CASE(a_version_1_magnet_has_40_digits) {
  auto hashes = parse_magnet("magnet:?xt=urn:btih:" + v1 + "&dn=Big+Buck+Bunny&tr=udp%3A%2F%2Fexample.org%3A1");
  BOOST_REQUIRE(hashes);
  BOOST_TEST(hashes->v1 == v1);
  BOOST_TEST(hashes->v2 == "");
  BOOST_TEST(hashes->name() == v1);
}

BOOST_AUTO_TEST_CASE(a_version_2_magnet_has_64_digits) {
  auto hashes = parse_magnet("magnet:?xt=urn:btmh:1220" + v2);
  BOOST_REQUIRE(hashes);
  BOOST_TEST(hashes->v1 == "");
  BOOST_TEST(hashes->v2 == v2);
  BOOST_TEST(hashes->name() == v2);
}

BOOST_AUTO_TEST_CASE(a_hybrid_has_both_and_goes_by_version_1) {
  auto hashes = parse_magnet("magnet:?xt=urn:btmh:1220" + v2 + "&xt=urn:btih:" + v1);
  BOOST_REQUIRE(hashes);
  BOOST_TEST(hashes->v1 == v1);
  BOOST_TEST(hashes->v2 == v2);
  BOOST_TEST(hashes->name() == v1);
}

BOOST_AUTO_TEST_CASE(hashes_are_told_in_lower_case_hex) {
  std::string upper;
  for (char c : v1) upper += static_cast<char>(c >= 'a' ? c - 'a' + 'A' : c);
  auto hashes = parse_magnet("magnet:?xt=urn:btih:" + upper);
  BOOST_REQUIRE(hashes);
  BOOST_TEST(hashes->v1 == v1);
  // The same hash in base 32, as older links have it.
  auto base32 = parse_magnet("magnet:?xt=urn:btih:3WBFL3G4PSSV7MF37AJSHWDQMLNR63I4");
  BOOST_REQUIRE(base32);
  BOOST_TEST(base32->v1 == v1);
}

BOOST_AUTO_TEST_CASE(what_is_no_magnet_or_has_no_hash_gives_none) {
  for (const auto& uri :
       {std::string(), std::string("magnet:"), std::string("magnet:?"), std::string("magnet:?dn=x"), v1,
        "http://example.org/?xt=urn:btih:" + v1, "magnet:?xt=urn:btih:" + v1.substr(1),
        "magnet:?xt=urn:btih:" + v1 + "0", "magnet:?xt=urn:btih:" + std::string(40, 'x'),
        "magnet:?xt=urn:btmh:1220" + v2.substr(2), "magnet:?xt=urn:btmh:" + v2, "magnet:?xt=urn:sha1:" + v1,
        " magnet:?xt=urn:btih:" + v1, "magnet:?xt=urn:btih:" + v1 + "&xt=urn%3Abtih%3A" + std::string(40, 'a'),
        "magnet:?xt=urn%3Abtih%3" + v1, "magnet:?xt=urn:btih:" + std::string(40, '0'),
        std::string("magnet:?xt=urn:btih:"), "magnet:?" + std::string(100'000, '&')})
    BOOST_TEST(!parse_magnet(uri), uri.substr(0, 80));
}

// Whatever spelling of a second one libtorrent or another reader might take instead.
BOOST_AUTO_TEST_CASE(two_topics_of_a_version_are_none_however_they_are_written) {
  const std::string base32 = "XO53XO53XO53XO53XO53XO53XO53XO53";
  for (const auto& second : {"xt=urn:btih:" + v1, "XT=urn:btih:" + base32, "Xt.3=urn:btih:" + base32,
                             "xt.1=urn%3abtih%3A" + base32, "%78t=urn:btih:" + base32, "x%54=URN:BTIH:" + base32,
                             "xt%2e2=urn:btih:" + base32, std::string("XT=urn:btih:12")})
    for (const std::string between : {"&", "&dn=x&", "&foo&", "&&"}) {
      BOOST_TEST(!parse_magnet("magnet:?xt=urn:btih:" + v1 + between + second), between + second);
      BOOST_TEST(!parse_magnet("magnet:?" + second + between + "xt=urn:btih:" + v1), between + second);
    }
}

BOOST_AUTO_TEST_CASE(a_link_is_what_it_means) {
  for (const auto& link : {"magnet:?xt=urn%3Abtih%3A" + v1 + "&dn=x", "magnet:?dn=x&XT=urn:btih:" + v1,
                           "magnet:?xt.1=urn:btih:" + v1 + "&dn=x", "magnet:?x%74=urn:btih:" + v1 + "&dn=x",
                           std::string("MAGNET:?xt=URN:btih:3WBFL3G4PSSV7MF37AJSHWDQMLNR63I4&dn=x"),
                           "magnet:?dn=x&xt=urn:bt%69h:%64" + v1.substr(1)}) {
    const auto magnet = parse_magnet(link);
    BOOST_REQUIRE_MESSAGE(magnet, link);
    BOOST_TEST(magnet->name() == v1, link);
    BOOST_TEST(magnet->kept_as(v1) == "magnet:?xt=urn:btih:" + v1 + "&dn=x", link);
  }
}

BOOST_AUTO_TEST_CASE(a_plain_link_is_kept_as_it_came) {
  for (const auto& link :
       {"magnet:?xt=urn:btih:" + v1, "magnet:?xt=urn:btih:" + v1 + "&xt=urn:btmh:1220" + v2 + "&tr=a%20b",
        "magnet:?xt=urn:btih:" + v1 + "&xt=urn:sha1:ABC&dn=xt"})
    BOOST_TEST(parse_magnet(link)->kept_as(v1) == link);
  const auto hybrid = parse_magnet("magnet:?xt=urn:btih:" + v1 + "&dn=x&xt=urn:btmh:1220" + v2);
  BOOST_REQUIRE(hybrid);
  BOOST_TEST(hybrid->kept_as(v2) == "magnet:?xt=urn:btmh:1220" + v2 + "&xt=urn:btih:" + v1 + "&dn=x");
}

BOOST_AUTO_TEST_SUITE_END()
