#include "store/pages/page_check.h"

#include <fmt/format.h>

#include <span>

#include "store/pages/page_walk.h"

namespace catlog::store {

namespace {

// Commit by commit, the pages that it freed: how many, then their numbers, the largest first.
void take_free_pages(PageWalk& walk, std::string_view value, uint64_t& free) {
  const auto bytes = std::as_bytes(std::span(value));
  const uint64_t count = bytes.size() >= sizeof count ? copy_of<uint64_t>(bytes) : 0;
  if (bytes.size() < sizeof count || bytes.size() % sizeof count != 0 || count > bytes.size() / sizeof count - 1)
    return walk.find(fmt::format("the list of free pages has a part of {} bytes for {} pages", bytes.size(), count));
  PageNumber last = no_page;
  for (uint64_t i = 1; i <= count; ++i) {
    const auto page = copy_of<PageNumber>(bytes, i * sizeof(PageNumber));
    if (page >= last) return walk.find(fmt::format("the list of free pages has {} behind {}", page, last));
    if (!walk.take(page, PageWalk::As::free)) return;
    last = page;
    ++free;
  }
}

std::vector<std::pair<std::string, Tree>> named_trees(PageWalk& walk, const Tree& main) {
  std::vector<std::pair<std::string, Tree>> trees;
  walk.tree(main, "main", PageWalk::Part::whole, [&](const Node& node, std::string_view value) {
    if (node.flags != node_flag::tree || value.size() != sizeof(Tree))
      return walk.find(fmt::format("the main tree has an entry of {} bytes that is no tree", value.size()));
    trees.emplace_back(node.key, copy_of<Tree>(std::as_bytes(std::span(value))));
  });
  return trees;
}

// Each page once: what no tree holds, and no list of free pages, was lost.
void check_rest(PageWalk& walk, const MetaPage& meta) {
  uint64_t lost = 0;
  PageNumber first = 0;
  for (PageNumber page = meta_pages; page <= meta.last_page; ++page) {
    if (walk.is_taken(page)) continue;
    if (lost++ == 0) first = page;
  }
  if (lost > 0) walk.find(fmt::format("{} pages are neither used nor free, the first is page {}", lost, first));
}

}  // namespace

PageCheck check_pages(const PageFile& file, const MetaPage& meta, Extent extent, size_t most,
                      const PageProgress& progress) {
  PageCheck result;
  PageWalk walk(file, meta, extent == Extent::reading ? Need::reading : Need::writing, result.findings, most, progress);
  const bool is_short = file.pages() < meta.last_page + 1;
  const auto part =
      extent == Extent::whole || (extent == Extent::reading && is_short) ? PageWalk::Part::whole : PageWalk::Part::end;
  const auto trees = named_trees(walk, meta.main);
  uint64_t claimed = meta_pages + meta.main.pages() + meta.free.pages();
  for (const auto& [name, tree] : trees) {
    walk.tree(tree, name, part);
    claimed += tree.pages();
  }
  if (extent == Extent::reading) return result;
  if (meta.free.flags != integer_keys || meta.main.flags != 0)
    walk.find(fmt::format("page {}: its trees have the flags {:#x} and {:#x}", meta.header.number, meta.free.flags,
                          meta.main.flags));
  walk.tree(meta.free, free_list, PageWalk::Part::whole,
            [&](const Node&, std::string_view value) { take_free_pages(walk, value, result.free); });
  result.used = walk.used();
  if (!result.findings.empty()) return result;
  if (extent == Extent::whole) check_rest(walk, meta);
  if (claimed + result.free != meta.last_page + 1)
    walk.find(fmt::format("there are {} pages, but by its trees {} are used and {} free", meta.last_page + 1, claimed,
                          result.free));
  // Pages that were taken and freed again within one commit are never written; no other may be missing.
  for (PageNumber page = file.pages(); page <= meta.last_page && result.findings.empty(); ++page)
    if (!walk.is_taken(page)) walk.find(fmt::format("page {} is beyond the end of the file, which is cut short", page));
  return result;
}

}  // namespace catlog::store
