#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "projector/picture/plot.h"
#include "projector/picture/rows.h"

namespace catlog::projector {

// What stands above a page's plot.
struct PageHead {
  std::string title, about;
  std::vector<std::pair<std::string, std::string>> facts;  // a name and what it is
};

// One HTML document that needs nothing else, to be sent to somebody: the head, the plot as SVG where there is one, and
// all rows as a table. Nothing in it runs or is fetched, whatever the rows hold: it has no script, and forbids all by
// its Content-Security-Policy but its own style.
std::string page(const PageHead& head, const Rows& rows, const std::optional<Plot>& plot);

// Whether a file that begins so is such a page.
bool begins_page(std::string_view begin);

}  // namespace catlog::projector
