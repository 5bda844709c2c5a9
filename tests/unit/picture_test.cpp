#include <boost/test/unit_test.hpp>

#include <cmath>
#include <limits>
#include <sstream>
#include <string>

#include "events/error.h"
#include "events/text/printable.h"
#include "events/text/utf8.h"
#include "projector/picture/chart.h"
#include "projector/picture/page.h"
#include "projector/picture/svg.h"

BOOST_AUTO_TEST_SUITE(picture_test)

using namespace catlog;
using projector::Cell;
using projector::Ink;
using projector::Plot;
using projector::PlotKind;
using projector::Rows;

namespace {

// What a name may hold at its worst.
const std::string hostile =
    "<script>alert(1)</script>\"'&\x1b[31m\xe2\x80\xae\xe2\x81\xa6" + std::string(1, '\0') + "\xff\nx";

Cell number(double value, const std::string& text) { return {text, value}; }
Cell text(const std::string& value) { return {value, {}}; }

Rows rows_of(const std::vector<std::pair<std::string, double>>& values) {
  Rows rows{{"name", "count"}, {}};
  for (const auto& [name, value] : values) rows.rows.push_back({text(name), number(value, fmt::format("{}", value))});
  return rows;
}

std::string drawn(const Rows& rows, size_t width, Ink ink) {
  return projector::chart(projector::plot_of(rows, "name", "count"), width, ink);
}

void check_harmless(const std::string& shown) {
  for (std::string_view rest = shown; !rest.empty(); rest.remove_prefix(1))
    if (const auto control = events::control_at(rest); control.bytes > 0 && control.character != '\n')
      BOOST_ERROR(fmt::format("U+{:04X} in {}", static_cast<unsigned>(control.character), events::printable(shown)));
  BOOST_TEST(events::is_utf8(shown));
}

void check_width(const std::string& shown, size_t width) {
  std::istringstream lines(shown);
  for (std::string line; std::getline(lines, line);) BOOST_TEST(projector::terminal_columns(line) <= width, line);
}

const double infinity = std::numeric_limits<double>::infinity();
const double largest = std::numeric_limits<double>::max();

}  // namespace

BOOST_AUTO_TEST_CASE(bars_are_as_long_as_their_numbers) {
  BOOST_TEST(drawn(rows_of({{"Drama", 40}, {"Action", 20}, {"none", 0}, {"one", 1}}), 40, Ink::ascii) ==
             "count by name\n"
             "Drama  40 ##############################\n"
             "Action 20 ###############\n"
             "none    0\n"
             "one     1 #\n");
  BOOST_TEST(drawn(rows_of({{"a", 4}, {"b", 1}}), 24, Ink::blocks) ==
             "count by name\n"
             "a 4 ████████████████████\n"
             "b 1 █████\n");
}

BOOST_AUTO_TEST_CASE(numbers_below_nothing_go_to_the_left) {
  BOOST_TEST(drawn(rows_of({{"a", -2}, {"b", 2}, {"c", -1}}), 25, Ink::ascii) ==
             "count by name\n"
             "a -2 ##########\n"
             "b  2           ##########\n"
             "c -1      #####\n");
  BOOST_TEST(drawn(rows_of({{"a", -1}}), 20, Ink::ascii) == "count by name\na -1 ###############\n");
}

BOOST_AUTO_TEST_CASE(labels_that_are_times_make_a_line) {
  const Rows rows = rows_of({{"2026-03", 2}, {"2026-01", 0}, {"2026-02", 1}});
  const Plot plot = projector::plot_of(rows, "name", "count");
  BOOST_TEST((plot.kind == PlotKind::lines));
  BOOST_TEST(plot.points.front().label == "2026-01");  // in the order of time
  const std::string shown = projector::chart(plot, 40, Ink::ascii);
  BOOST_TEST(shown.find("2 |") != std::string::npos, shown);
  BOOST_TEST(shown.find("0 |*") != std::string::npos, shown);
  BOOST_TEST(shown.find("2026-01") != std::string::npos, shown);
  check_width(shown, 40);
  const std::string blocks = projector::chart(plot, 40, Ink::blocks);
  BOOST_TEST(blocks.find("▄") != std::string::npos, blocks);
  for (const char* none : {"2026-13", "2026-02-30", "2026", "2026-01-01 99", "20260101", "x"})
    BOOST_TEST((projector::plot_of(rows_of({{none, 1}, {"2026-01", 2}}), "name", "count").kind == PlotKind::bars),
               none);
  BOOST_TEST((projector::plot_of(rows_of({{"2026-01-02 03:04:05.678", 1}, {"2026-01-03", 2}}), "name", "count").kind ==
              PlotKind::lines));
}

BOOST_AUTO_TEST_CASE(nothing_to_draw_is_said) {
  BOOST_TEST(drawn(rows_of({}), 80, Ink::blocks) == "there is nothing to draw\n");
  const Rows nothing{{"name", "count"}, {{text("2026-01"), text("")}, {text("2026-02"), text("")}}};
  BOOST_TEST(drawn(nothing, 80, Ink::blocks) == "there is nothing to draw\n");
  BOOST_CHECK_EXCEPTION(projector::plot_of(rows_of({}), "name", "nothing"), events::Failure,
                        [](const events::Failure& failure) { return failure.code() == events::Exit::usage; });
}

BOOST_AUTO_TEST_CASE(texts_are_not_drawn) {
  Rows rows = rows_of({{"a", 1}, {"b", 2}});
  BOOST_CHECK_EXCEPTION(projector::plot_of(rows, "name", "name"), events::Failure, [](const events::Failure& failure) {
    BOOST_TEST(std::string(failure.what()) == "there are no numbers in name to be drawn; there are in count");
    return failure.code() == events::Exit::usage;
  });
  for (auto& row : rows.rows) row[1] = text("");  // NULL in each
  BOOST_TEST(projector::plot_of(rows, "name", "count").points.size() == 2u);
}

BOOST_AUTO_TEST_CASE(no_number_is_too_large_or_none) {
  const double nan = std::nan("");
  for (const std::string first : {"a", "2026-01"})
    for (const double value : {nan, infinity, -infinity, largest, -largest, 5e-324, 0.0}) {
      const Rows rows = rows_of({{first, value}, {first == "a" ? "b" : "2026-02", -largest}, {first, largest}});
      for (const Ink ink : {Ink::blocks, Ink::ascii}) check_width(drawn(rows, 60, ink), 60);
      const Plot plot = projector::plot_of(rows, "name", "count");
      BOOST_TEST(plot.points.front().value.has_value() == std::isfinite(value));
      const std::string svg = projector::svg(plot);
      for (const char* none : {"=\"nan", "=\"inf", "=\"-nan", "=\"-inf", "Mnan", "Lnan", "0 nan", "0 inf"})
        BOOST_TEST(svg.find(none) == std::string::npos, svg);
    }
}

BOOST_AUTO_TEST_CASE(whatever_a_label_holds_fits_and_drives_nothing) {
  const std::string wide = "千と千尋の神隠し", combining = "e\xcc\x81t\xcc\x81", very_long(100'000, 'x');
  BOOST_TEST(projector::terminal_columns(wide) == 16u);
  BOOST_TEST(projector::terminal_columns(combining) == 2u);
  BOOST_TEST(projector::cut(wide, 7, "…") == "千と千…");
  BOOST_TEST(projector::cut("abc", 3, "…") == "abc");
  Rows rows = rows_of({{hostile, 3}, {wide, 2}, {combining, 1}, {very_long, 4}, {"", 5}});
  rows.names = {"name", "count"};
  for (const size_t width : {size_t{0}, size_t{20}, size_t{33}, size_t{80}, size_t{400}})
    for (const Ink ink : {Ink::blocks, Ink::ascii}) {
      const std::string shown = drawn(rows, width, ink);
      check_harmless(shown);
      check_width(shown, std::max(width, projector::narrowest_chart));
    }
  const Plot named{PlotKind::bars, very_long, very_long, {{"a", very_long, 1.0, 0}}, 0, 1};
  check_width(projector::chart(named, 50, Ink::ascii), 50);
}

BOOST_AUTO_TEST_CASE(a_page_holds_everything_and_nothing_that_runs) {
  Rows rows{{"name", "count", hostile}, {}};
  for (int i = 0; i < 100; ++i) rows.rows.push_back({text(hostile), number(i, std::to_string(i)), text("")});
  const projector::PageHead head{hostile, hostile, {{"as of position", hostile}}};
  const std::string page = projector::page(head, rows, projector::plot_of(rows, "name", "count"));
  check_harmless(page);
  BOOST_TEST(page.find("<script") == std::string::npos);
  BOOST_TEST(page.find("&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&amp;") != std::string::npos);
  BOOST_TEST(page.find("default-src 'none'") != std::string::npos);
  BOOST_TEST(page.find("\nth { overflow-wrap: normal }\n") != std::string::npos);  // words are not taken apart
  for (const char* fetches : {"http://", "https://", "src=", "href=", "url(", "@import"})
    BOOST_TEST(page.find(fetches) == std::string::npos, fetches);
  BOOST_TEST(page.find("the first 60 of 100") != std::string::npos);
  size_t table_rows = 0;
  for (size_t at = page.find("<tr>"); at != std::string::npos; at = page.find("<tr>", at + 1)) ++table_rows;
  BOOST_TEST(table_rows == 101u);
  BOOST_TEST(page.find("<td class=\"n\">99</td>") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_page_is_known_by_how_it_begins) {
  const std::string page = projector::page({"title", "about", {}}, rows_of({}), {});
  BOOST_TEST(projector::begins_page(std::string_view(page).substr(0, 4'096)));
  BOOST_TEST(
      projector::begins_page("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                             "<meta name=\"generator\" content=\"catlog report\">\n"));  // of an earlier release
  BOOST_TEST(!projector::begins_page("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"));
  BOOST_TEST(!projector::begins_page(""));
}

BOOST_AUTO_TEST_CASE(a_page_without_rows_or_numbers_says_so) {
  const std::string page = projector::page({"t", "a", {}}, {{"name"}, {}}, {});
  BOOST_TEST(page.find("There are no rows.") != std::string::npos);
  BOOST_TEST(page.find("<svg") == std::string::npos);
  const std::string line = projector::page(
      {"t", "a", {}}, {}, projector::plot_of(rows_of({{"2026-01", 1}, {"2026-02", 3}}), "name", "count"));
  BOOST_TEST(line.find("<path d=\"M100.0") != std::string::npos, line);
}

BOOST_AUTO_TEST_SUITE_END()
