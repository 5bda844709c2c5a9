#include "projector/picture/page.h"

#include <string_view>

#include <fmt/format.h>

#include "projector/picture/svg.h"

namespace catlog::projector {
namespace {

// By which a page is known to be ours.
constexpr std::string_view doctype = "<!DOCTYPE html>\n",
                           generator = R"(<meta name="generator" content="catlog report")";
constexpr size_t generator_within = 200;  // bytes of a page's beginning

// A page is well-formed XML too, so that whoever is sent one can take it apart.
constexpr std::string_view begin_of_page =
    R"(<html lang="en">
<head>
<meta charset="utf-8" />
{2} />
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'" />
<meta name="viewport" content="width=device-width, initial-scale=1" />
<title>{0}</title>
<style>
body {{ font: 15px/1.5 system-ui, sans-serif; color: #1c2733; background: #fff; max-width: 60rem; margin: 2rem auto; padding: 0 1rem }}
h1 {{ font-size: 1.5rem; margin: 0 }}
p.about {{ margin: .2rem 0 1rem; color: #51606f }}
dl {{ display: grid; grid-template-columns: max-content auto; gap: 0 1rem; font-size: .85rem }}
dt {{ color: #51606f }}
dd {{ margin: 0; overflow-wrap: anywhere }}
svg {{ width: 100%; height: auto; margin: 1rem 0; font: 12px system-ui, sans-serif }}
svg text {{ fill: #1c2733; unicode-bidi: isolate }}
table {{ border-collapse: collapse; width: 100%; font-size: .85rem }}
th, td {{ text-align: left; vertical-align: top; padding: .25rem .6rem; border-bottom: 1px solid #d9e0e7; overflow-wrap: anywhere }}
th {{ overflow-wrap: normal }}
td.n, th.n {{ text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums }}
</style>
</head>
<body>
<h1>{0}</h1>
<p class="about">{1}</p>
<dl>
)";

// A column of numbers stands to the right: each value is one, or NULL.
std::vector<bool> numeric_columns(const Rows& rows) {
  std::vector<bool> numeric(rows.names.size(), !rows.rows.empty());
  for (const auto& row : rows.rows)
    for (size_t i = 0; i < row.size(); ++i)
      if (!row[i].number && !row[i].text.empty()) numeric[i] = false;
  return numeric;
}

std::string table_of(const Rows& rows) {
  const auto numeric = numeric_columns(rows);
  std::string out = "<table>\n<thead><tr>";
  for (size_t i = 0; i < rows.names.size(); ++i)
    out += fmt::format("<th{}>{}</th>", numeric[i] ? " class=\"n\"" : "", html_text(rows.names[i]));
  out += "</tr></thead>\n<tbody>\n";
  for (const auto& row : rows.rows) {
    out += "<tr>";
    for (size_t i = 0; i < row.size(); ++i)
      out += fmt::format("<td{}>{}</td>", numeric[i] ? " class=\"n\"" : " dir=\"auto\"", html_text(row[i].text));
    out += "</tr>\n";
  }
  return out + "</tbody>\n</table>\n";
}

}  // namespace

std::string page(const PageHead& head, const Rows& rows, const std::optional<Plot>& plot) {
  std::string out(doctype);
  out += fmt::format(fmt::runtime(begin_of_page), html_text(head.title), html_text(head.about), generator);
  for (const auto& [name, what] : head.facts)
    out += fmt::format("<dt>{}</dt><dd>{}</dd>\n", html_text(name), html_text(what));
  out += "</dl>\n";
  if (plot) out += svg(*plot);
  if (rows.rows.empty()) out += "<p>There are no rows.</p>\n";
  return out + table_of(rows) + "</body>\n</html>\n";
}

bool begins_page(std::string_view begin) {
  return begin.starts_with(doctype) && begin.substr(0, generator_within).find(generator) != std::string_view::npos;
}

}  // namespace catlog::projector
